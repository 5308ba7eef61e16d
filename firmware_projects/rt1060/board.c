/* Sections quoted are those of the reference manual, IMXRT1060RM. */
#include "board.h"

#include "clock_config.h"
#include "cortex_m7.h"
#include "lpuart.h"
#include "registers.h"

#define WDOG1_WCR    REG16(0x400B8000)
#define WDOG2_WCR    REG16(0x400D0000)
#define RTWDOG_CS    REG32(0x400BC000)
#define RTWDOG_CNT   REG32(0x400BC004)
#define RTWDOG_TOVAL REG32(0x400BC008)

#define WCR_WDE         (1u << 2)
#define RTWDOG_UNLOCK   0xD928C520u
#define CS_EN           (1u << 7)
#define CS_UPDATE       (1u << 5)

/* "Watchdog Timer (WDOG1-2)" and "RTWDOG (WDOG3)". */
void SystemInit(void)
{
    m7_start();
    WDOG1_WCR &= (uint16_t)~WCR_WDE;
    WDOG2_WCR &= (uint16_t)~WCR_WDE;
    RTWDOG_CNT = RTWDOG_UNLOCK;
    RTWDOG_TOVAL = 0xFFFF;
    RTWDOG_CS = (RTWDOG_CS & ~CS_EN) | CS_UPDATE;
}

/* "Memory Map": FlexSPI has 512 MB of addresses. */
void BOARD_ConfigMPU(void)
{
    m7_map_flash(BOOT_FLASH_BASE, 29, BOOT_FLASH_LOG2_SIZE);
}

#define CCM_CSCDR1  REG32(0x400FC024)
#define CCM_CCGR5   REG32(0x400FC07C)

#define UART_CLK_MASK   0x7Fu      /* source and divider */
#define UART_CLK_OSC_1  (1u << 6)  /* 24 MHz crystal, divided by 1 */
#define CCGR5_LPUART1   (3u << 24)

/* "Clock Controller Module (CCM)", "CCM Serial Clock Divider Register 1" and "CCM Clock Gating Register 5". */
void BOARD_InitDebugConsole(void)
{
    CCM_CSCDR1 = (CCM_CSCDR1 & ~UART_CLK_MASK) | UART_CLK_OSC_1;
    CCM_CCGR5 |= CCGR5_LPUART1;
    lpuart_init(LPUART_DIVISOR(BOARD_OSC_CLOCK, CONSOLE_BAUD));
}
