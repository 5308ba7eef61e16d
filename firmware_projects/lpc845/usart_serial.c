/* Registers: UM11029, chapter "USART0/1/2/3/4", section "Register description". */
#include "board.h"
#include "console.h"
#include "registers.h"
#include "serial.h"

#define USART_STAT  REG32(CONSOLE_USART_BASE + 0x08)
#define USART_RXDAT REG32(CONSOLE_USART_BASE + 0x14)

#define STAT_RXRDY  (1u << 0)

/* The USART's one enable bit switches both directions on. */
void serial_start(void)
{
}

uint8_t serial_get(void)
{
    while ((USART_STAT & STAT_RXRDY) == 0) {
    }
    return (uint8_t)USART_RXDAT;
}

void serial_put(uint8_t byte)
{
    console_put((char)byte);
}
