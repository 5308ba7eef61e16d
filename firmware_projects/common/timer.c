/* SysTick: Arm DDI 0419 (Armv6-M) B3.3, Arm DDI 0403 (Armv7-M) B3.3: the same four registers on every core. */
#include "timer.h"

#include "clock_config.h"
#include "registers.h"

#define SYST_CSR REG32(0xE000E010)
#define SYST_RVR REG32(0xE000E014)
#define SYST_CVR REG32(0xE000E018)

#define CSR_ENABLE        (1u << 0)
#define CSR_CORE_CLOCK    (1u << 2)
#define CSR_COUNTED_TO_0  (1u << 16)
#define COUNTER_MASK      0x00FFFFFFu
#define CYCLES_PER_US     (BOARD_BOOTCLOCKRUN_CORE_CLOCK / 1000000u)

static uint32_t counted_to; /* SysTick's value when elapsed_us was true to the cycle */
static uint32_t elapsed_us;

void init_timer(void)
{
    SYST_RVR = COUNTER_MASK;
    SYST_CVR = 0; /* any write clears it; the next cycle reloads it */
    SYST_CSR = CSR_ENABLE | CSR_CORE_CLOCK;
    counted_to = SYST_CVR;
    elapsed_us = 0;
}

uint32_t get_time_in_us(void)
{
    uint32_t cycles = (counted_to - SYST_CVR) & COUNTER_MASK; /* it counts down */
    uint32_t us = cycles / CYCLES_PER_US;

    counted_to = (counted_to - us * CYCLES_PER_US) & COUNTER_MASK; /* what is left of a microsecond counts next time */
    elapsed_us += us;
    return elapsed_us;
}

bool timer_overran(void)
{
    return (SYST_CSR & CSR_COUNTED_TO_0) != 0; /* reading it clears it */
}
