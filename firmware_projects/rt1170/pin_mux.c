/* IMXRT1170RM, chapter "IOMUX Controller (IOMUXC)": SW_MUX_CTL_PAD and SW_PAD_CTL_PAD of both pads; ALT0 is LPUART1. */
#include "pin_mux.h"

#include "registers.h"

#define CCM_GATE_IOMUXC REG32(0x40CC6620) /* LPCG 49 */
#define MUX_AD_24       REG32(0x400E816C)
#define MUX_AD_25       REG32(0x400E8170)
#define PAD_AD_24       REG32(0x400E83B0)
#define PAD_AD_25       REG32(0x400E83B4)
#define SELECT_RXD      REG32(0x400E861C)
#define SELECT_TXD      REG32(0x400E8620)

#define GATE_ON         1u
#define MUX_ALT0        0u
#define PAD_HIGH_DRIVE  0x02u /* no pull, slow edges */
#define SELECT_AD       0u

void BOARD_InitBootPins(void)
{
    CCM_GATE_IOMUXC = GATE_ON;
    MUX_AD_24 = MUX_ALT0;
    MUX_AD_25 = MUX_ALT0;
    SELECT_TXD = SELECT_AD;
    SELECT_RXD = SELECT_AD;
    PAD_AD_24 = PAD_HIGH_DRIVE;
    PAD_AD_25 = PAD_HIGH_DRIVE;
}
