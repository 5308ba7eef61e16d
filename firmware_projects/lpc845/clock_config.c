/*
 * UM11029, chapters "System configuration (SYSCON)", section "System PLL control", and "Flash controller". The part
 * leaves reset on FRO, at 12 MHz. NXP's SDK makes 30 MHz by a call into the part's ROM, which sets FRO itself; the PLL
 * gives the same clock by registers alone.
 */
#include "clock_config.h"

#include "registers.h"

#define FLASHCFG        REG32(0x40040010)
#define SYSPLLCTRL      REG32(0x40048008)
#define SYSPLLSTAT      REG32(0x4004800C)
#define SYSPLLCLKSEL    REG32(0x40048040)
#define SYSPLLCLKUEN    REG32(0x40048044)
#define MAINCLKPLLSEL   REG32(0x40048048)
#define MAINCLKPLLUEN   REG32(0x4004804C)
#define SYSAHBCLKDIV    REG32(0x40048058)
#define PDRUNCFG        REG32(0x40048238)

#define FLASHTIM_MASK   3u
#define FLASHTIM_2      1u        /* two clocks a read, for more than 24 MHz; three after reset */
#define MSEL_5          (4u << 0) /* 12 MHz * 5 = 60 MHz */
#define PSEL_2          (1u << 5) /* the PLL's own oscillator: 60 MHz * 2 * 2 = 240 MHz, of 156 to 320 */
#define SYSPLL_PD       (1u << 7)
#define PLL_LOCK        (1u << 0)
#define PLL_FROM_FRO    0u
#define MAIN_FROM_PLL   1u

static void start_pll(void)
{
    PDRUNCFG |= SYSPLL_PD;
    SYSPLLCLKSEL = PLL_FROM_FRO;
    SYSPLLCLKUEN = 0; /* the source changes when this goes from 0 to 1 */
    SYSPLLCLKUEN = 1;
    SYSPLLCTRL = MSEL_5 | PSEL_2;
    PDRUNCFG &= ~SYSPLL_PD;
    while ((SYSPLLSTAT & PLL_LOCK) == 0) {
    }
}

void BOARD_InitBootClocks(void)
{
    FLASHCFG = (FLASHCFG & ~FLASHTIM_MASK) | FLASHTIM_2;
    start_pll();
    SYSAHBCLKDIV = 2; /* 60 MHz / 2 */
    MAINCLKPLLSEL = MAIN_FROM_PLL;
    MAINCLKPLLUEN = 0;
    MAINCLKPLLUEN = 1;
}
