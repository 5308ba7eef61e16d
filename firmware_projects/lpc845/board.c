/* Sections quoted are those of the user manual, UM11029, chapter "System configuration (SYSCON)". */
#include "board.h"

#include "registers.h"
#include "usart.h"

#define SYSAHBCLKCTRL0  REG32(0x40048080)
#define PRESETCTRL0     REG32(0x40048088)
#define UART0CLKSEL     REG32(0x40048090)

#define UART0           (1u << 14) /* the same bit of both */
#define CLKSEL_FRO      0u

/* The part leaves reset with its watchdog off. */
void SystemInit(void)
{
}

/* "System clock control 0", "Peripheral reset control 0" and "Peripheral clock source select". */
void BOARD_InitDebugConsole(void)
{
    UART0CLKSEL = CLKSEL_FRO;
    SYSAHBCLKCTRL0 |= UART0;
    PRESETCTRL0 &= ~UART0;
    PRESETCTRL0 |= UART0;
    usart_init();
}
