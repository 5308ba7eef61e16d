/* IMXRT1060RM, chapter "IOMUX Controller (IOMUXC)": SW_MUX_CTL_PAD and SW_PAD_CTL_PAD of both pads; ALT2 is LPUART1. */
#include "pin_mux.h"

#include "registers.h"

#define CCM_CCGR4       REG32(0x400FC078)
#define MUX_AD_B0_12    REG32(0x401F80EC)
#define MUX_AD_B0_13    REG32(0x401F80F0)
#define PAD_AD_B0_12    REG32(0x401F82DC)
#define PAD_AD_B0_13    REG32(0x401F82E0)

#define CCGR4_IOMUXC    (3u << 2)
#define MUX_ALT2        2u
#define PAD_DEFAULT     0x10B0u /* keeper, 100 MHz, drive strength R0/6, slow edges */

void BOARD_InitBootPins(void)
{
    CCM_CCGR4 |= CCGR4_IOMUXC;
    MUX_AD_B0_12 = MUX_ALT2;
    MUX_AD_B0_13 = MUX_ALT2;
    PAD_AD_B0_12 = PAD_DEFAULT;
    PAD_AD_B0_13 = PAD_DEFAULT;
}
