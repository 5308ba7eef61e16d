/* Registers: RP2040 data sheet, section 4.2 "UART". Its bytes go neither to USB nor to the LED, unlike the console's. */
#include "registers.h"
#include "serial.h"

#define UART0_DR   REG32(0x40034000)
#define UART0_FR   REG32(0x40034018)
#define UART0_CR   REG32(0x40034030)

#define FR_RXFE    (1u << 4) /* the receive FIFO is empty */
#define FR_TXFF    (1u << 5) /* the transmit FIFO is full */
#define CR_RECEIVE (1u << 9)

void serial_start(void)
{
    UART0_CR |= CR_RECEIVE;
}

uint8_t serial_get(void)
{
    while ((UART0_FR & FR_RXFE) != 0) {
    }
    return (uint8_t)UART0_DR;
}

void serial_put(uint8_t byte)
{
    while ((UART0_FR & FR_TXFF) != 0) {
    }
    UART0_DR = byte;
}
