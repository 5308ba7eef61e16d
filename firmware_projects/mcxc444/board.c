/* Sections quoted are those of the reference manual, MCXC444RM, chapter "System Integration Module (SIM)". */
#include "board.h"

#include "clock_config.h"
#include "lpuart.h"
#include "registers.h"

#define SIM_SOPT2   REG32(0x40048004)
#define SIM_SCGC5   REG32(0x40048038)
#define SIM_COPC    REG32(0x40048100)

#define SOPT2_LPUART0_IRC48M    (1u << 26)
#define SCGC5_LPUART0           (1u << 20)

/* "COP Control Register": it can be written once after reset; a time-out of 0 switches the watchdog off. */
void SystemInit(void)
{
    SIM_COPC = 0;
}

/* "System Options Register 2" and "System Clock Gating Control Register 5". */
void BOARD_InitDebugConsole(void)
{
    SIM_SOPT2 |= SOPT2_LPUART0_IRC48M;
    SIM_SCGC5 |= SCGC5_LPUART0;
    lpuart_init(LPUART_DIVISOR(BOARD_IRC48M_CLOCK, CONSOLE_BAUD));
}
