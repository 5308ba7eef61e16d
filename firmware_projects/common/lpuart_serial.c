/* Registers: see lpuart.c. */
#include "board.h"
#include "console.h"
#include "registers.h"
#include "serial.h"

#define LPUART_STAT REG32(CONSOLE_LPUART_BAUD + 0x4)
#define LPUART_CTRL REG32(CONSOLE_LPUART_BAUD + 0x8)
#define LPUART_DATA REG32(CONSOLE_LPUART_BAUD + 0xC)

#define STAT_OR     (1u << 19) /* a byte was lost; nothing more arrives before it is cleared */
#define STAT_RDRF   (1u << 21) /* receive data register full */
#define STAT_FLAGS  0xC01FC000u /* cleared by writing ones */
#define CTRL_RE     (1u << 18) /* receiver enable */

void serial_start(void)
{
    LPUART_CTRL |= CTRL_RE;
}

uint8_t serial_get(void)
{
    while ((LPUART_STAT & STAT_RDRF) == 0) {
        if ((LPUART_STAT & STAT_OR) != 0) {
            LPUART_STAT = (LPUART_STAT & ~STAT_FLAGS) | STAT_OR;
        }
    }
    return (uint8_t)LPUART_DATA;
}

void serial_put(uint8_t byte)
{
    console_put((char)byte);
}
