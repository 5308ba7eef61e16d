/* Sections quoted are those of the Armv7-M Architecture Reference Manual, Arm DDI 0403. */
#include "cortex_m7.h"

#include "registers.h"

#define SCB_VTOR    REG32(0xE000ED08)
#define SCB_CCR     REG32(0xE000ED14)
#define SCB_CCSIDR  REG32(0xE000ED80)
#define SCB_CSSELR  REG32(0xE000ED84)
#define SCB_CPACR   REG32(0xE000ED88)
#define MPU_CTRL    REG32(0xE000ED94)
#define MPU_RNR     REG32(0xE000ED98)
#define MPU_RBAR    REG32(0xE000ED9C)
#define MPU_RASR    REG32(0xE000EDA0)
#define SCB_ICIALLU REG32(0xE000EF50)
#define SCB_DCISW   REG32(0xE000EF60)

#define CPACR_FPU           (0xFu << 20)
#define CCR_DCACHE          (1u << 16)
#define CCR_ICACHE          (1u << 17)
#define MPU_ENABLE          (1u << 0)
#define MPU_DEFAULT_MAP     (1u << 2)
#define RASR_ENABLE         (1u << 0)
#define RASR_SIZE(log2)     (((log2) - 1u) << 1)
#define RASR_WRITE_BACK     (3u << 16)
#define RASR_READ_ONLY      (7u << 24)
#define RASR_EXECUTE_NEVER  (1u << 28)

static void barrier(void)
{
    __asm volatile("dsb\n\tisb" ::: "memory");
}

extern const uint32_t __vectors[];

/* B3.2.5 "Vector Table Offset Register", B3.2.20 "Coprocessor Access Control Register". */
void m7_start(void)
{
    SCB_VTOR = (uint32_t)__vectors;
    SCB_CPACR |= CPACR_FPU;
    barrier();
}

static void set_region(uint32_t number, uint32_t base, uint32_t attributes)
{
    MPU_RNR = number;
    MPU_RBAR = base;
    MPU_RASR = attributes | RASR_ENABLE;
}

/* B2.2.7 "Cache maintenance operations": every line of every set and way. */
static void invalidate_data_cache(void)
{
    SCB_CSSELR = 0;
    barrier();
    uint32_t sets = (SCB_CCSIDR >> 13) & 0x7FFF;
    uint32_t ways = (SCB_CCSIDR >> 3) & 0x3FF;
    for (uint32_t set = 0; set <= sets; set++) {
        for (uint32_t way = 0; way <= ways; way++) {
            SCB_DCISW = (set << 5) | (way << 30); /* 32-byte lines, 4 ways */
        }
    }
}

static void enable_caches(void)
{
    SCB_ICIALLU = 0;
    barrier();
    SCB_CCR |= CCR_ICACHE;
    if ((SCB_CCR & CCR_DCACHE) == 0) { /* the boot ROM may have left it on: lines in it must not be lost */
        invalidate_data_cache();
        barrier();
        SCB_CCR |= CCR_DCACHE;
    }
    barrier();
}

/* B3.5 "Protected Memory System Architecture". */
void m7_map_flash(uint32_t base, uint32_t window_log2, uint32_t flash_log2)
{
    barrier();
    MPU_CTRL = 0;
    set_region(0, base, RASR_SIZE(window_log2) | RASR_EXECUTE_NEVER);
    set_region(1, base, RASR_SIZE(flash_log2) | RASR_READ_ONLY | RASR_WRITE_BACK);
    MPU_CTRL = MPU_ENABLE | MPU_DEFAULT_MAP;
    barrier();
    enable_caches();
}
