/*
 * KE1xZP48M48SF0RM, chapter "System Clock Generator (SCG)". The part leaves reset on FIRC already; writing it down
 * makes the note's 48 MHz certain whatever a boot loader did before. (NXP's SDK runs this board from the low power FLL,
 * at the same 48 MHz.)
 */
#include "clock_config.h"

#include "registers.h"

#define SCG_CSR     REG32(0x40064010) /* what is */
#define SCG_RCCR    REG32(0x40064014) /* what run mode shall be */
#define SCG_FIRCCSR REG32(0x40064300)
#define SCG_FIRCDIV REG32(0x40064304)

#define SCS_FIRC        (3u << 24)
#define SCS_MASK        (15u << 24)
#define DIVCORE_1       (0u << 16)
#define DIVSLOW_2       (1u << 0)
#define FIRCCSR_EN      (1u << 0)
#define FIRCCSR_VALID   (1u << 24)
#define FIRCDIV2_1      (1u << 8)

void BOARD_InitBootClocks(void)
{
    SCG_FIRCDIV = FIRCDIV2_1;
    SCG_FIRCCSR |= FIRCCSR_EN;
    while ((SCG_FIRCCSR & FIRCCSR_VALID) == 0) {
    }
    SCG_RCCR = SCS_FIRC | DIVCORE_1 | DIVSLOW_2;
    while ((SCG_CSR & SCS_MASK) != SCS_FIRC) {
    }
}
