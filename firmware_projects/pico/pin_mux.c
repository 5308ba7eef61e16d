#include "pin_mux.h"

#include "rp2040/pins.h"

void BOARD_InitPins(void)
{
    rp2040_route_console_and_led();
}
