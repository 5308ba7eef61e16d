/*
 * From reset to main(): the vector table, the watchdog, initialised and cleared variables.
 *
 * No project enables a peripheral's interrupt, but for those whose board.h lists the part's; otherwise the table ends after the
 * sixteen entries of the core itself. A file that defines one of the handlers below by its CMSIS name, such as
 * SysTick_Handler, takes the entry over (Armv6-M Architecture Reference Manual, Arm DDI 0419, B1.5.3; Armv7-M, Arm DDI 0403, B1.5.3).
 */
#include <stdint.h>

#include "board.h"

/* Set by program.ld. */
extern uint32_t __data_load[], __data_start[], __data_end[];
extern uint32_t __bss_start[], __bss_end[];
extern uint32_t __stack_top[];

/* Zero but on parts whose boot ROM wants the first eight vectors to add up to zero; there linker.ld sets it. */
extern const char __vector_checksum[] __attribute__((weak));

extern int main(void);
void Reset_Handler(void);
void Fault_Handler(void);

/* A fault ends here: a debugger shows where, and nothing more is printed. */
void Fault_Handler(void)
{
    for (;;) {
    }
}

#define WEAK_HANDLER __attribute__((weak, alias("Fault_Handler")))
WEAK_HANDLER void NMI_Handler(void);
WEAK_HANDLER void HardFault_Handler(void);
WEAK_HANDLER void SVC_Handler(void);
WEAK_HANDLER void PendSV_Handler(void);
WEAK_HANDLER void SysTick_Handler(void);

/* The program has ended: sleep. What the UART still holds goes out, as its clock keeps running in sleep. */
static void idle(void)
{
    for (;;) {
        __asm volatile("wfi");
    }
}

static void copy_initialised_variables(void)
{
    const uint32_t *from = __data_load;

    for (uint32_t *to = __data_start; to < __data_end;) {
        *to++ = *from++;
    }
}

static void clear_other_variables(void)
{
    for (uint32_t *word = __bss_start; word < __bss_end;) {
        *word++ = 0;
    }
}

void Reset_Handler(void)
{
    SystemInit();
    copy_initialised_variables();
    clear_other_variables();
    main();
#ifdef BOARD_WHEN_MAIN_ENDED
    BOARD_WHEN_MAIN_ENDED();
#endif
    idle();
}

typedef union {
    void (*handler)(void);
    const void *address;
} vector_t;

__attribute__((section(".vectors"), used)) static const vector_t vectors[] = {
    {.address = __stack_top},
    {.handler = Reset_Handler},
    {.handler = NMI_Handler},
    {.handler = HardFault_Handler},
    {.handler = Fault_Handler}, /* MemManage, Armv7-M only */
    {.handler = Fault_Handler}, /* BusFault, Armv7-M only */
    {.handler = Fault_Handler}, /* UsageFault, Armv7-M only */
    {.address = __vector_checksum},
    {0}, {0}, {0},
    {.handler = SVC_Handler},
    {.handler = Fault_Handler}, /* DebugMonitor, Armv7-M only */
    {0},
    {.handler = PendSV_Handler},
    {.handler = SysTick_Handler},
#ifdef BOARD_INTERRUPTS
    BOARD_INTERRUPTS,
#endif
};
