/*
 * IMXRT1170RM, chapters "Clock Controller Module (CCM)", "Analog modules" (ARM PLL, oscillators), "Power Management Unit
 * (PMU)" and "DCDC Converter". Above 800 MHz the core wants 1.125 V (data sheet IMXRT1170CEC, "Operating ranges") and, on
 * parts whose fuse says so, its body biased. Tried in emulation only, not on a board.
 */
#include "clock_config.h"

#include "registers.h"

#define DCDC_CTRL1      REG32(0x40CA8004)
#define DCDC_REG0       REG32(0x40CA8008)
#define DCDC_REG3       REG32(0x40CA8014)
#define OCOTP_FUSE7     REG32(0x40CAC870)
#define OSC_48M_CTRL    REG32(0x40C84010)
#define OSC_24M_CTRL    REG32(0x40C84020)
#define ARM_PLL_CTRL    REG32(0x40C84200)
#define PMU_LDO_PLL     REG32(0x40C84500)
#define PMU_BIAS_CTRL   REG32(0x40C84550)
#define PMU_BIAS_CTRL2  REG32(0x40C84560)
#define PMU_REF_CTRL    REG32(0x40C84570)
#define AI_CTRL         REG32(0x40C84820)
#define AI_WDATA        REG32(0x40C84830)
#define AI_RDATA        REG32(0x40C84840)
#define CCM_ROOT_M7     REG32(0x40CC0000)

#define DCDC_OK             (1u << 31)
#define DCDC_1V0_NO_STEP    (1u << 29)
#define DCDC_1V0_MASK       (0x1Fu << 8)
#define DCDC_1V0_1125MV     (21u << 8) /* 600 mV + 21 * 25 mV */
#define FUSE_NO_BIAS        (1u << 4)
#define BIAS_MASK           ((0xFFu << 24) | 0x1FFFu)
#define BIAS_M7             ((1u << 28) | (1u << 24) | (1u << 12) | (1u << 1)) /* wells, pull-down, threshold */
#define BIAS2_SWITCH_MASK   (7u << 10)
#define BIAS2_M7_ON         ((1u << 10) | (1u << 24))
#define BIAS2_OK            (1u << 26)
#define OSC_48M_AND_HALF    ((1u << 1) | (1u << 24))
#define OSC_24M_OFF         ((1u << 7) | (1u << 1) | (1u << 0)) /* gated, bypassed */
#define OSC_24M_ON          ((1u << 4) | (1u << 2))
#define OSC_24M_STABLE      (1u << 30)
#define AI_READ             (1u << 16)
#define AI_ADDRESS_MASK     0xFFu
#define LDO_PLL_TOGGLE      (1u << 16)
#define LDO_ON              ((0x10u << 4) | 1u)
#define LDO_CURRENT_LIMIT   (1u << 2)
#define REF_PLL_BUFFER      (1u << 4)
#define PLL_DIV_166         166u       /* 24 MHz * 166 / 2 / 2 = 996 MHz */
#define PLL_HOLD_RING_OFF   (1u << 12)
#define PLL_POWER           (1u << 13)
#define PLL_ENABLE          (1u << 14)
#define PLL_STABLE          (1u << 29)
#define PLL_GATE            (1u << 30)
#define ROOT_RC48M_HALF_1   0u
#define ROOT_ARM_PLL_1      (4u << 8)

/* At least this many microseconds, at whatever clock the core may have by now. */
static void wait_us(uint32_t us)
{
    for (uint32_t count = us * (BOARD_BOOTCLOCKRUN_CORE_CLOCK / 1000000u); count > 0; count--) {
        __asm volatile("nop");
    }
}

static void raise_core_voltage(void)
{
    DCDC_REG3 &= ~DCDC_1V0_NO_STEP;
    DCDC_CTRL1 = (DCDC_CTRL1 & ~DCDC_1V0_MASK) | DCDC_1V0_1125MV;
    while ((DCDC_REG0 & DCDC_OK) == 0) {
    }
}

static void bias_body(void)
{
    if ((OCOTP_FUSE7 & FUSE_NO_BIAS) != 0) {
        return;
    }
    PMU_BIAS_CTRL = (PMU_BIAS_CTRL & ~BIAS_MASK) | BIAS_M7;
    PMU_BIAS_CTRL2 = (PMU_BIAS_CTRL2 & ~BIAS2_SWITCH_MASK) | BIAS2_M7_ON;
    while ((PMU_BIAS_CTRL2 & BIAS2_OK) == 0) {
    }
}

static void run_from_oscillator(void)
{
    OSC_24M_CTRL = (OSC_24M_CTRL & ~OSC_24M_OFF) | OSC_24M_ON;
    while ((OSC_24M_CTRL & OSC_24M_STABLE) == 0) {
    }
    OSC_48M_CTRL |= OSC_48M_AND_HALF;
    CCM_ROOT_M7 = ROOT_RC48M_HALF_1;
    __asm volatile("dsb\n\tisb");
}

/* The PLLs' regulator is behind a second, slow bus: an address, the data, and a bit that is toggled to send them. */
static void write_regulator(uint32_t value)
{
    AI_CTRL &= ~(AI_READ | AI_ADDRESS_MASK);
    AI_WDATA = value;
    PMU_LDO_PLL ^= LDO_PLL_TOGGLE;
}

static uint32_t read_regulator(void)
{
    AI_CTRL = (AI_CTRL & ~AI_ADDRESS_MASK) | AI_READ;
    PMU_LDO_PLL ^= LDO_PLL_TOGGLE;
    return AI_RDATA;
}

static void start_pll_regulator(void)
{
    if (read_regulator() == LDO_ON) { /* the boot ROM has done it */
        return;
    }
    write_regulator(LDO_ON | LDO_CURRENT_LIMIT);
    wait_us(100);
    write_regulator(LDO_ON);
    PMU_REF_CTRL |= REF_PLL_BUFFER;
}

static void start_arm_pll(void)
{
    ARM_PLL_CTRL = PLL_GATE; /* off */
    ARM_PLL_CTRL = PLL_GATE | PLL_POWER | PLL_HOLD_RING_OFF | PLL_DIV_166;
    wait_us(30);
    ARM_PLL_CTRL = PLL_GATE | PLL_POWER | PLL_DIV_166;
    while ((ARM_PLL_CTRL & PLL_STABLE) == 0) {
    }
    ARM_PLL_CTRL = PLL_ENABLE | PLL_POWER | PLL_DIV_166;
}

void BOARD_InitBootClocks(void)
{
    raise_core_voltage();
    bias_body();
    run_from_oscillator();
    start_pll_regulator();
    start_arm_pll();
    CCM_ROOT_M7 = ROOT_ARM_PLL_1;
    __asm volatile("dsb\n\tisb");
}
