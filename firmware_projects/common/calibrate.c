/*
 * Small programs of known cost, timed by SysTick: what they take tells a board's flash waits, fetch width and clock.
 *
 * `python -m helpers calibrate BOARD` builds it and asks. It is included by a copy of the board's hello_world.c, which calls
 * calibrate() in place of its PRINTF. frames.h has the form of the messages; these are their kinds:
 *
 *     to the board     H  hello: start
 *     from the board   R  ready: version (1), programs (1), build (8); sent once after reset with the number 0, and as the
 *                         answer to each hello, with its number
 *                      M  measured: core cycles of each of ROUNDS runs (4 each); the number is the program's
 *                      T  SysTick has counted TICK cycles; the number counts them from 0
 *                      D  done; everything may be asked for again
 *
 * SysTick: Arm DDI 0419 (Armv6-M) B3.3.
 */
#include "calibrate.h"
#include "frames.h"
#include "registers.h"
#include "serial.h"

#define VERSION 1u
#define ROUNDS 3u
#define TICKS 9u
#define TICK 0x1000000u

#define SYST_CSR REG32(0xE000E010)
#define SYST_RVR REG32(0xE000E014)
#define SYST_CVR REG32(0xE000E018)

#define CSR_ENABLE     (1u << 0)
#define CSR_INTERRUPT  (1u << 1)
#define CSR_CORE_CLOCK (1u << 2)
#define COUNTER_MASK   (TICK - 1u)

/* A program is straight code in assembly; r0 points at a word. In RAM it is copied there by startup.c, as program.ld says. */
#define IN_FLASH ".text.calibrate"
#define IN_RAM   "CodeQuickAccess"
#define PROGRAM(name, place, count, body) \
    __attribute__((naked, noinline, aligned(8), section(place))) static void name(const volatile uint32_t *word) \
    { \
        __asm volatile(".rept " count "\n" body "\n.endr\nbx lr"); \
    }

PROGRAM(nops_in_ram, IN_RAM, "128", "nop")
PROGRAM(loads_in_ram, IN_RAM, "64", "ldr r1, [r0]")
PROGRAM(products_in_ram, IN_RAM, "64", "muls r1, r1, r1")
PROGRAM(nops_in_flash, IN_FLASH, "256", "nop")
PROGRAM(branches_in_flash, IN_FLASH, "64", "b 1f\nnop\n1:")
PROGRAM(loads_from_flash, IN_FLASH, "64", "ldr r1, [r0]")

static const uint32_t word_in_flash = 0x12345678;
static uint32_t word_in_ram = 0x12345678;

static const struct {
    void (*run)(const volatile uint32_t *word);
    const volatile uint32_t *word;
} programs[] = {
    {nops_in_ram, &word_in_ram},   {loads_in_ram, &word_in_ram},      {products_in_ram, &word_in_ram},
    {nops_in_flash, &word_in_ram}, {branches_in_flash, &word_in_ram}, {loads_from_flash, &word_in_flash},
};

#define PROGRAMS (sizeof(programs) / sizeof(programs[0]))

/* Core cycles of one run. It lies in RAM, so that only the program itself waits for the flash. */
__attribute__((noinline, section(IN_RAM))) static uint32_t timed(
    void (*run)(const volatile uint32_t *word), const volatile uint32_t *word)
{
    uint32_t start = SYST_CVR;

    run(word);
    return (start - SYST_CVR) & COUNTER_MASK;
}

static volatile uint32_t ticks;

void SysTick_Handler(void);
void SysTick_Handler(void)
{
    ticks++;
}

/* Called through this: RAM is too far from flash for a direct call. */
static uint32_t (*const volatile time_of)(void (*)(const volatile uint32_t *), const volatile uint32_t *) = timed;

static void measure(void)
{
    SYST_RVR = COUNTER_MASK;
    SYST_CVR = 0; /* any write clears it; the next cycle reloads it */
    SYST_CSR = CSR_ENABLE | CSR_CORE_CLOCK;
    for (uint32_t i = 0; i < PROGRAMS; i++) {
        frame_begin('M', i, 4 * ROUNDS);
        for (uint32_t round = 0; round < ROUNDS; round++) {
            frame_word(time_of(programs[i].run, programs[i].word));
        }
        frame_end();
    }
}

/* Sleep until SysTick has counted to zero once more. Masked interrupts still end WFI, so that none can be missed. */
static void wait_for_tick(void)
{
    uint32_t seen = ticks;

    while (ticks == seen) {
        __asm volatile("cpsid i" ::: "memory");
        if (ticks == seen) {
            __asm volatile("wfi" ::: "memory");
        }
        __asm volatile("cpsie i" ::: "memory");
    }
}

static void tell_the_time(void)
{
    SYST_CVR = 0;
    SYST_CSR = CSR_ENABLE | CSR_INTERRUPT | CSR_CORE_CLOCK;
    for (uint32_t i = 0; i < TICKS; i++) {
        wait_for_tick();
        frame_begin('T', i, 0);
        frame_end();
    }
    SYST_CSR = CSR_CORE_CLOCK;
}

static void send_ready(uint32_t number)
{
    static const uint8_t facts[] = {VERSION, PROGRAMS};
    static const uint8_t build[] = CALIBRATE_BUILD;

    frame_begin('R', number, sizeof(facts) + sizeof(build));
    frame_bytes(facts, sizeof(facts));
    frame_bytes(build, sizeof(build));
    frame_end();
}

static void store_nothing(uint32_t index, uint8_t byte)
{
    (void)index;
    (void)byte;
}

static void calibrate(void)
{
    frame_t frame;

    serial_start();
    send_ready(0);
    for (;;) {
        frame_receive(&frame, store_nothing);
        if (frame.whole && frame.kind == 'H') {
            send_ready(frame.number);
            measure();
            tell_the_time();
            frame_begin('D', 0, 0);
            frame_end();
        }
    }
}
