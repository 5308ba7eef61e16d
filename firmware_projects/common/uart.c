/*
 * Registers: MKE02P64M40SF0RM (KE02), MKE04P24M48SF0RM (KE04) and KV11P64M75RM (KV11), all chapter "Universal
 * Asynchronous Receiver/Transmitter", section "Register definition". board.h names the console's as CONSOLE_UART_BASE.
 */
#include "uart.h"

#include "board.h"
#include "console.h"
#include "registers.h"

#define UART_BDH REG8(CONSOLE_UART_BASE + 0x0)
#define UART_BDL REG8(CONSOLE_UART_BASE + 0x1)
#define UART_C1  REG8(CONSOLE_UART_BASE + 0x2)
#define UART_C2  REG8(CONSOLE_UART_BASE + 0x3)
#define UART_S1  REG8(CONSOLE_UART_BASE + 0x4)
#define UART_D   REG8(CONSOLE_UART_BASE + 0x7)

#define S1_TDRE (1u << 7) /* transmit data register empty */
#define C2_TE   (1u << 3) /* transmitter enable */

void uart_init(uint32_t divisor)
{
    UART_C2 = 0; /* off while the divisor changes */
    UART_BDH = (uint8_t)(divisor >> 8);
    UART_BDL = (uint8_t)divisor; /* this write makes both valid */
    UART_C1 = 0;
    UART_C2 = C2_TE;
}

void console_put(char character)
{
    while ((UART_S1 & S1_TDRE) == 0) {
    }
    UART_D = (uint8_t)character;
}
