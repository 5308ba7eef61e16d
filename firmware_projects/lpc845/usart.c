/* Registers: UM11029, chapter "USART0/1/2/3/4", section "Register description". */
#include "usart.h"

#include "board.h"
#include "clock_config.h"
#include "console.h"
#include "registers.h"

#define USART_CFG   REG32(CONSOLE_USART_BASE + 0x00)
#define USART_STAT  REG32(CONSOLE_USART_BASE + 0x08)
#define USART_TXDAT REG32(CONSOLE_USART_BASE + 0x1C)
#define USART_BRG   REG32(CONSOLE_USART_BASE + 0x20)
#define USART_OSR   REG32(CONSOLE_USART_BASE + 0x28)

#define CFG_ENABLE  (1u << 0)
#define CFG_8_BITS  (1u << 2)
#define STAT_TXRDY  (1u << 2)

/* With 16 samples a bit 12 MHz would miss 115200 baud by 7 %; 13 samples of 8 clocks make 115385. */
#define SAMPLES     13u
#define DIVISOR     8u
_Static_assert(BOARD_FRO_CLOCK == 12000000u, "SAMPLES and DIVISOR are for 12 MHz");

void usart_init(void)
{
    USART_CFG = CFG_8_BITS;
    USART_OSR = SAMPLES - 1;
    USART_BRG = DIVISOR - 1;
    USART_CFG = CFG_8_BITS | CFG_ENABLE;
}

void console_put(char character)
{
    while ((USART_STAT & STAT_TXRDY) == 0) {
    }
    USART_TXDAT = (uint8_t)character;
}
