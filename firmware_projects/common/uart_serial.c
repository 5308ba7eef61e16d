/* Registers: see uart.c. */
#include "board.h"
#include "console.h"
#include "registers.h"
#include "serial.h"

#define UART_C2 REG8(CONSOLE_UART_BASE + 0x3)
#define UART_S1 REG8(CONSOLE_UART_BASE + 0x4)
#define UART_D  REG8(CONSOLE_UART_BASE + 0x7)

#define S1_RDRF (1u << 5) /* receive data register full */
#define C2_RE   (1u << 2) /* receiver enable */

void serial_start(void)
{
    UART_C2 |= C2_RE;
}

/* Reading S1 and then D also clears the flag of an overrun. */
uint8_t serial_get(void)
{
    while ((UART_S1 & S1_RDRF) == 0) {
    }
    return UART_D;
}

void serial_put(uint8_t byte)
{
    console_put((char)byte);
}
