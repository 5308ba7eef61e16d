/* Chapters quoted are those of MKE02P64M40SF0RM and MKE04P24M48SF0RM: the same blocks at the same addresses. */
#include "ke0x.h"

#include "board.h"
#include "registers.h"

#define WDOG_CS1   REG8(0x40052000)
#define WDOG_CNT   REG16(0x40052002)
#define WDOG_TOVAL REG16(0x40052004)

#define WDOG_UNLOCK_1 0x20C5u
#define WDOG_UNLOCK_2 0x28D9u
#define CS1_UPDATE    (1u << 5) /* it may be reconfigured later; EN (bit 7) stays 0 */

#define ICS_C1 REG8(0x40064000)
#define ICS_C2 REG8(0x40064001)
#define ICS_S  REG8(0x40064004)
#define OSC_CR REG8(0x40065000)

#define C1_RDIV_256        (3u << 3) /* with OSC_CR_RANGE; IREFS and CLKS stay 0: FLL, from the crystal */
#define C2_BDIV_1          0u
#define S_CLKST            (3u << 2)
#define S_IREFST           (1u << 4)
#define S_LOCK             (1u << 6)
#define OSC_CR_OSCINIT     (1u << 0)
#define OSC_CR_RANGE_HIGH  (1u << 2)
#define OSC_CR_CRYSTAL     (1u << 4)
#define OSC_CR_OSCEN       (1u << 7)

/* "Watchdog (WDOG)", "Configuring the Watchdog": unlock, then write within 128 bus clocks, CS1 last. */
void SystemInit(void)
{
    WDOG_CNT = WDOG_UNLOCK_1;
    WDOG_CNT = WDOG_UNLOCK_2;
    WDOG_TOVAL = 0xFFFF;
    WDOG_CS1 = CS1_UPDATE;
}

/* "Oscillator (OSC)" and "Internal Clock Source (ICS)", "FLL engaged external (FEE)". */
void ke0x_run_from_crystal(void)
{
    OSC_CR = OSC_CR_OSCEN | OSC_CR_CRYSTAL | OSC_CR_RANGE_HIGH;
    while ((OSC_CR & OSC_CR_OSCINIT) == 0) {
    }
    ICS_C1 = C1_RDIV_256;
    while ((ICS_S & (S_IREFST | S_CLKST | S_LOCK)) != S_LOCK) {
    }
    ICS_C2 = C2_BDIV_1;
}
