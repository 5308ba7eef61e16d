/* RP2040: from reset to 133 MHz, the most that its data sheet allows, and its blocks out of reset. */
#ifndef RP2040_CLOCKS_H
#define RP2040_CLOCKS_H

#include <stdint.h>

/* Bits of the RESETS block. */
#define RESET_IO_BANK0   (1u << 5)
#define RESET_PADS_BANK0 (1u << 8)
#define RESET_PLL_SYS    (1u << 12)
#define RESET_PLL_USB    (1u << 13)
#define RESET_TIMER      (1u << 21)
#define RESET_UART0      (1u << 22)
#define RESET_USBCTRL    (1u << 24)

/* Take the blocks of these bits out of reset, and wait until they are. */
void rp2040_release(uint32_t blocks);

/* Run core, bus and UART at 133 MHz from the crystal of 12 MHz; the timer counts microseconds of the same crystal. */
void rp2040_run_at_133mhz(void);

/* 48 MHz for the USB block, from the same crystal by the second PLL. The crystal must run already. */
void rp2040_start_usb_clock(void);

#endif
