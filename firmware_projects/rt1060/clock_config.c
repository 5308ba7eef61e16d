/*
 * IMXRT1060RM, chapters "Clock Controller Module (CCM)" (registers CACRR, CBCDR, CBCMR, CDHIPR), "CCM Analog Memory
 * Map" (PLL_ARM) and "DCDC Converter"; the core voltage for 600 MHz is from the data sheet IMXRT1060CEC, "Operating
 * ranges".
 */
#include "clock_config.h"

#include "registers.h"

#define CCM_CACRR   REG32(0x400FC010)
#define CCM_CBCDR   REG32(0x400FC014)
#define CCM_CBCMR   REG32(0x400FC018)
#define CCM_CDHIPR  REG32(0x400FC048)
#define PLL_ARM     REG32(0x400D8000)
#define DCDC_REG0   REG32(0x40080000)
#define DCDC_REG3   REG32(0x4008000C)

#define CBCDR_IPG_PODF_MASK     (3u << 8)
#define CBCDR_IPG_PODF_4        (3u << 8)
#define CBCDR_AHB_PODF_MASK     (7u << 10)
#define CBCDR_PERIPH_CLK2       (1u << 25)
#define CBCDR_CLK2_PODF_MASK    (7u << 27)
#define CBCMR_CLK2_SEL_MASK     (3u << 12)
#define CBCMR_CLK2_SEL_OSC      (1u << 12)
#define CBCMR_PRE_PERIPH_ARM    (3u << 18)
#define CDHIPR_BUSY             ((1u << 16) | (1u << 5) | (1u << 1)) /* ARM divider, source, AHB divider */
#define PLL_DIV_100             100u                                 /* 24 MHz * 100 / 2 = 1200 MHz */
#define PLL_ENABLE              (1u << 13)
#define PLL_BYPASS              (1u << 16)
#define PLL_LOCK                (1u << 31)
#define DCDC_TARGET_MASK        0x1Fu
#define DCDC_TARGET_1275MV      0x13u
#define DCDC_OK                 (1u << 31)

static void wait_for_handshake(void)
{
    while ((CCM_CDHIPR & CDHIPR_BUSY) != 0) {
    }
}

static void run_from_crystal(void)
{
    CCM_CBCMR = (CCM_CBCMR & ~CBCMR_CLK2_SEL_MASK) | CBCMR_CLK2_SEL_OSC;
    CCM_CBCDR &= ~CBCDR_CLK2_PODF_MASK;
    CCM_CBCDR |= CBCDR_PERIPH_CLK2;
    wait_for_handshake();
}

static void raise_core_voltage(void)
{
    DCDC_REG3 = (DCDC_REG3 & ~DCDC_TARGET_MASK) | DCDC_TARGET_1275MV;
    while ((DCDC_REG0 & DCDC_OK) == 0) {
    }
}

static void start_arm_pll(void)
{
    PLL_ARM = PLL_BYPASS | PLL_ENABLE | PLL_DIV_100;
    while ((PLL_ARM & PLL_LOCK) == 0) {
    }
    PLL_ARM &= ~PLL_BYPASS;
}

static void set_dividers(void)
{
    CCM_CACRR = 1; /* PLL / 2 = 600 MHz */
    CCM_CBCDR = (CCM_CBCDR & ~(CBCDR_AHB_PODF_MASK | CBCDR_IPG_PODF_MASK)) | CBCDR_IPG_PODF_4;
    wait_for_handshake();
}

static void run_from_arm_pll(void)
{
    CCM_CBCMR |= CBCMR_PRE_PERIPH_ARM;
    CCM_CBCDR &= ~CBCDR_PERIPH_CLK2;
    wait_for_handshake();
}

void BOARD_InitBootClocks(void)
{
    run_from_crystal();
    raise_core_voltage();
    start_arm_pll();
    set_dividers();
    run_from_arm_pll();
}
