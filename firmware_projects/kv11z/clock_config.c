/*
 * KV11P64M75RM, chapters "Multipurpose Clock Generator (MCG)", "Oscillator (OSC)" and "System Integration Module (SIM)".
 * The part leaves reset on the FLL with its internal reference (FEI, 21 MHz).
 */
#include "clock_config.h"

#include "registers.h"

#define SIM_CLKDIV1 REG32(0x40048044)
#define MCG_C1      REG8(0x40064000)
#define MCG_C2      REG8(0x40064001)
#define MCG_C4      REG8(0x40064003)
#define MCG_S       REG8(0x40064006)
#define OSC_CR      REG8(0x40065000)

#define OUTDIV1_1           (0u << 28) /* core */
#define OUTDIV4_3           (2u << 16) /* bus and flash, 25 MHz at most */
#define OSC_CR_ERCLKEN      (1u << 7)
#define C2_RANGE_VERY_HIGH  (2u << 4)  /* 8 to 32 MHz */
#define C2_EREFS            (1u << 2)  /* a crystal */
#define C1_FRDIV_256        (3u << 3)  /* 10 MHz / 256; IREFS and CLKS are 0: FLL, from the crystal */
#define C4_DMX32_DRST       (7u << 5)
#define C4_DRST_1           (1u << 5)
#define C4_FLL_1920         (2u << 5)  /* 39.0625 kHz * 1920 = 75 MHz */
#define S_OSCINIT0          (1u << 1)
#define S_CLKST             (3u << 2)
#define S_IREFST            (1u << 4)
#define FLL_ACQUIRE_LOOPS   (BOARD_BOOTCLOCKRUN_CORE_CLOCK / 1000u / 3u) /* 1 ms of at least three cycles each */

static void start_crystal(void)
{
    MCG_C2 = C2_RANGE_VERY_HIGH | C2_EREFS;
    OSC_CR = OSC_CR_ERCLKEN;
    while ((MCG_S & S_OSCINIT0) == 0) {
    }
}

/*
 * "MCG mode switching", FEI to FEE. NXP's erratum ERR007993: the FLL may lock on the old reference unless DRST changes
 * with it, so it takes another value in between.
 */
static void run_fll_from_crystal(void)
{
    uint8_t trim = MCG_C4 & (uint8_t)~C4_DMX32_DRST;

    MCG_C4 = trim | C4_DRST_1;
    MCG_C1 = C1_FRDIV_256;
    while ((MCG_S & (S_IREFST | S_CLKST)) != 0) {
    }
    MCG_C4 = trim | C4_FLL_1920;
    while ((MCG_C4 & C4_DMX32_DRST) != C4_FLL_1920) {
    }
    for (uint32_t count = FLL_ACQUIRE_LOOPS; count > 0; count--) {
        __asm volatile("nop");
    }
}

void BOARD_InitBootClocks(void)
{
    SIM_CLKDIV1 = OUTDIV1_1 | OUTDIV4_3;
    start_crystal();
    run_fll_from_crystal();
}
