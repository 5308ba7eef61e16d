/*
 * MCXC444RM, chapters "Multipurpose Clock Generator Lite (MCG_Lite)" and "System Integration Module (SIM)". The part
 * leaves reset on its 8 MHz oscillator.
 */
#include "clock_config.h"

#include "registers.h"

#define SIM_CLKDIV1 REG32(0x40048044)
#define MCG_C1      REG8(0x40064000)
#define MCG_S       REG8(0x40064006)
#define MCG_MC      REG8(0x40064018)

#define OUTDIV1_1   (0u << 28) /* core */
#define OUTDIV4_2   (1u << 16) /* bus and flash, 24 MHz at most */
#define MC_HIRCEN   (1u << 7)
#define C1_CLKS_HIRC 0u
#define S_CLKST     (3u << 2)

void BOARD_InitBootClocks(void)
{
    SIM_CLKDIV1 = OUTDIV1_1 | OUTDIV4_2;
    MCG_MC = MC_HIRCEN;
    MCG_C1 = C1_CLKS_HIRC;
    while ((MCG_S & S_CLKST) != 0) { /* 0: HIRC */
    }
}
