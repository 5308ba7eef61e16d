/* UM11029, chapter "Switch matrix (SWM)", section "Pin assign register 0": any function can go to any pin. */
#include "pin_mux.h"

#include "registers.h"

#define SYSAHBCLKCTRL0  REG32(0x40048080)
#define PINASSIGN0      REG32(0x4000C000)

#define SWM             (1u << 7)
#define U0_TXD(pin)     ((pin) << 0)
#define U0_RXD(pin)     ((pin) << 8)
#define TXD_RXD_MASK    0xFFFFu

void BOARD_InitBootPins(void)
{
    SYSAHBCLKCTRL0 |= SWM;
    PINASSIGN0 = (PINASSIGN0 & ~TXD_RXD_MASK) | U0_TXD(25u) | U0_RXD(24u);
    SYSAHBCLKCTRL0 &= ~SWM;
}
