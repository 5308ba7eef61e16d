/*
 * Registers: KE1xZP48M48SF0RM (KE16Z), IMXRT1060RM (RT1060) and K32L2B3xRM (K32L2B), all chapter "Low Power Universal
 * Asynchronous Receiver/Transmitter", section "Register definition". BAUD, STAT, CTRL and DATA follow each other
 * everywhere, behind other registers on some parts: board.h says where, as CONSOLE_LPUART_BAUD.
 */
#include "lpuart.h"

#include "board.h"
#include "console.h"
#include "registers.h"

#define LPUART_BAUD REG32(CONSOLE_LPUART_BAUD)
#define LPUART_STAT REG32(CONSOLE_LPUART_BAUD + 0x4)
#define LPUART_CTRL REG32(CONSOLE_LPUART_BAUD + 0x8)
#define LPUART_DATA REG32(CONSOLE_LPUART_BAUD + 0xC)

#define BAUD_OSR_16   (15u << 24) /* samples a bit, less one */
#define STAT_TDRE     (1u << 23)  /* transmit data register empty */
#define CTRL_TE       (1u << 19)  /* transmitter enable */

void lpuart_init(uint32_t divisor)
{
    LPUART_CTRL = 0; /* BAUD may only be changed while transmitter and receiver are off */
    LPUART_BAUD = BAUD_OSR_16 | divisor;
    LPUART_CTRL = CTRL_TE;
}

void console_put(char character)
{
    while ((LPUART_STAT & STAT_TDRE) == 0) {
    }
    LPUART_DATA = (uint8_t)character;
}
