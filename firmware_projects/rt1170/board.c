/* Sections quoted are those of the reference manual, IMXRT1170RM. */
#include "board.h"

#include "clock_config.h"
#include "cortex_m7.h"
#include "lpuart.h"
#include "registers.h"

#define WDOG1_WCR    REG16(0x40030000)
#define WDOG2_WCR    REG16(0x40034000)
#define RTWDOG3      0x40038000u
#define RTWDOG4      0x40C10000u
#define RTWDOG_CS(base)    REG32((base) + 0x0)
#define RTWDOG_CNT(base)   REG32((base) + 0x4)
#define RTWDOG_TOVAL(base) REG32((base) + 0x8)

#define WCR_WDE         (1u << 2)
#define RTWDOG_UNLOCK   0xD928C520u
#define CS_EN           (1u << 7)
#define CS_UPDATE       (1u << 5)

static void stop_rtwdog(uint32_t base)
{
    RTWDOG_CNT(base) = RTWDOG_UNLOCK;
    RTWDOG_TOVAL(base) = 0xFFFF;
    RTWDOG_CS(base) = (RTWDOG_CS(base) & ~CS_EN) | CS_UPDATE;
}

/* "Watchdog Timer (WDOG1-2)" and "RTWDOG (WDOG3-4)". */
void SystemInit(void)
{
    m7_start();
    WDOG1_WCR &= (uint16_t)~WCR_WDE;
    WDOG2_WCR &= (uint16_t)~WCR_WDE;
    stop_rtwdog(RTWDOG3);
    stop_rtwdog(RTWDOG4);
}

/* "Memory Map": FlexSPI1 has 256 MB of addresses. */
void BOARD_ConfigMPU(void)
{
    m7_map_flash(BOOT_FLASH_BASE, 28, BOOT_FLASH_LOG2_SIZE);
}

#define CCM_ROOT_LPUART1    REG32(0x40CC0C80) /* clock root 25 */
#define CCM_GATE_LPUART1    REG32(0x40CC6AC0) /* LPCG 86 */

#define ROOT_CRYSTAL_1      (1u << 8) /* source 1: the 24 MHz crystal; divided by 1 */
#define GATE_ON             1u

/* "Clock Controller Module (CCM)", "Clock root" and "LPCG". */
void BOARD_InitDebugConsole(void)
{
    CCM_ROOT_LPUART1 = ROOT_CRYSTAL_1;
    CCM_GATE_LPUART1 = GATE_ON;
    lpuart_init(LPUART_DIVISOR(BOARD_OSC_CLOCK, CONSOLE_BAUD));
}
