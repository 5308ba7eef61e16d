/* Registers: RP2040 data sheet, section 4.6 "Timer"; Arm DDI 0419, B3.4 "Nested Vectored Interrupt Controller". */
#include "rp2040/blink.h"

#include <stdint.h>

#include "registers.h"
#include "rp2040/clocks.h"
#include "rp2040/pins.h"

#define TIMER_ALARM0   REG32(0x40054010)
#define TIMER_TIMERAWL REG32(0x40054028)
#define TIMER_INTR     REG32(0x40054034)
#define TIMER_INTE     REG32(0x40054038)
#define NVIC_ISER      REG32(0xE000E100)

#define ALARM0         (1u << 0)
#define TIMER_IRQ_0    (1u << 0)
#define STEP_US        250000u
#define PAUSE_STEPS    6u

static const char announced[] = "Top1 class = ";
static uint32_t matched; /* how many characters of it have just been printed */
static uint32_t class_number;
static uint32_t blinks; /* 0: no class was printed */
static uint32_t step;

void blink_reads(char character)
{
    if (matched < sizeof(announced) - 1) {
        matched = character == announced[matched] ? matched + 1 : 0;
        class_number = 0;
    } else if (character >= '0' && character <= '9') {
        class_number = 10 * class_number + (uint32_t)(character - '0');
        blinks = class_number == 0 ? 10 : class_number;
    } else {
        matched = 0;
    }
}

void blink_step(void)
{
    TIMER_INTR = ALARM0; /* writing its bit clears it */
    TIMER_ALARM0 = TIMER_TIMERAWL + STEP_US;
    rp2040_switch_led(step < 2 * blinks && step % 2 == 0);
    step = step + 1 < 2 * blinks + PAUSE_STEPS ? step + 1 : 0;
}

void blink_the_class(void)
{
    if (blinks == 0) {
        return;
    }
    rp2040_release(RESET_TIMER);
    TIMER_INTE = ALARM0;
    NVIC_ISER = TIMER_IRQ_0;
    TIMER_ALARM0 = TIMER_TIMERAWL + STEP_US;
}
