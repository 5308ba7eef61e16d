/* Sections quoted are those of the reference manual, KE1xZP48M48SF0RM. */
#include "board.h"

#include "clock_config.h"
#include "lpuart.h"
#include "registers.h"

#define WDOG_CS    REG32(0x40052000)
#define WDOG_CNT   REG32(0x40052004)
#define WDOG_TOVAL REG32(0x40052008)

#define WDOG_UNLOCK  0xD928C520u
#define CS_UPDATE    (1u << 5)  /* it may be reconfigured later */
#define CS_CMD32EN   (1u << 13) /* unlock in one 32-bit write; EN (bit 7) stays 0 */

#define PCC_LPUART0     REG32(0x400651A8)
#define PCC_CGC         (1u << 30)
#define PCC_PCS_FIRC    (3u << 24)

/* "Watchdog timer (WDOG)", "Configure Watchdog": unlock, then write within 128 bus clocks. */
void SystemInit(void)
{
    WDOG_CNT = WDOG_UNLOCK;
    WDOG_TOVAL = 0xFFFF;
    WDOG_CS = CS_CMD32EN | CS_UPDATE;
}

/* "Peripheral Clock Controller (PCC)": choose the source while the gate is closed, then open it. */
void BOARD_InitDebugConsole(void)
{
    PCC_LPUART0 = 0;
    PCC_LPUART0 = PCC_PCS_FIRC;
    PCC_LPUART0 = PCC_PCS_FIRC | PCC_CGC;
    lpuart_init(LPUART_DIVISOR(BOARD_FIRCDIV2_CLOCK, CONSOLE_BAUD));
}
