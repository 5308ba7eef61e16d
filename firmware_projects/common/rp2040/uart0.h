/* RP2040's UART0, an Arm PL011, transmitter only, as far as a console needs it. */
#ifndef RP2040_UART0_H
#define RP2040_UART0_H

#include <stdint.h>

/* Set divisor and frame (8 bits, no parity, 1 stop bit) and switch the transmitter on; the UART's clock must run already. */
void rp2040_uart0_init(uint32_t clock_hz, uint32_t baud);

#endif
