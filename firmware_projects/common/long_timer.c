/* SysTick: Arm DDI 0419 (Armv6-M) B3.3, Arm DDI 0403 (Armv7-M) B3.3: the same four registers on every core. */
#include "long_timer.h"

#include "clock_config.h"
#include "registers.h"

#define SYST_CSR REG32(0xE000E010)
#define SYST_RVR REG32(0xE000E014)
#define SYST_CVR REG32(0xE000E018)

#define CSR_ENABLE     (1u << 0)
#define CSR_INTERRUPT  (1u << 1)
#define CSR_CORE_CLOCK (1u << 2)
#define COUNTER_MASK   0x00FFFFFFu
#define CYCLES_PER_US  (BOARD_BOOTCLOCKRUN_CORE_CLOCK / 1000000u)

/* A round of the counter is so many microseconds, and so many cycles that make no whole one. */
#define US_A_ROUND   ((COUNTER_MASK + 1u) / CYCLES_PER_US)
#define REST_A_ROUND ((COUNTER_MASK + 1u) % CYCLES_PER_US)

static volatile uint32_t rounds;

void init_long_timer(void)
{
    rounds = 0;
    SYST_RVR = COUNTER_MASK;
    SYST_CVR = 0; /* any write clears it; the next cycle reloads it */
    SYST_CSR = CSR_ENABLE | CSR_INTERRUPT | CSR_CORE_CLOCK;
}

void count_timer_round(void)
{
    rounds++;
}

uint32_t get_long_time_in_us(void)
{
    uint32_t whole, cycles;

    do { /* again if a round has ended in between */
        whole = rounds;
        cycles = COUNTER_MASK - SYST_CVR;
    } while (whole != rounds);
    return whole * US_A_ROUND + (whole * REST_A_ROUND + cycles) / CYCLES_PER_US;
}
