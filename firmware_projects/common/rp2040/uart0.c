/* Registers: RP2040 data sheet, section 4.2 "UART". */
#include "rp2040/uart0.h"

#include "console.h"
#include "registers.h"
#include "rp2040/blink.h"
#include "rp2040/clocks.h"
#include "rp2040/usb_console.h"

#define UART0_DR    REG32(0x40034000)
#define UART0_FR    REG32(0x40034018)
#define UART0_IBRD  REG32(0x40034024)
#define UART0_FBRD  REG32(0x40034028)
#define UART0_LCR_H REG32(0x4003402C)
#define UART0_CR    REG32(0x40034030)

#define FR_TXFF     (1u << 5) /* the transmit FIFO is full */
#define LCR_8_BITS  (3u << 5)
#define LCR_FIFOS   (1u << 4)
#define CR_ENABLE   (1u << 0)
#define CR_TRANSMIT (1u << 8)

void rp2040_uart0_init(uint32_t clock_hz, uint32_t baud)
{
    uint32_t divisor = (4u * clock_hz + baud / 2u) / baud; /* of 16 samples a bit, in 64ths */

    rp2040_release(RESET_UART0);
    UART0_IBRD = divisor / 64u;
    UART0_FBRD = divisor % 64u;
    UART0_LCR_H = LCR_8_BITS | LCR_FIFOS; /* this write makes the divisor valid */
    UART0_CR = CR_ENABLE | CR_TRANSMIT;
}

void console_put(char character)
{
    while ((UART0_FR & FR_TXFF) != 0) {
    }
    UART0_DR = (uint8_t)character;
    blink_reads(character);
    usb_console_keep(character);
}
