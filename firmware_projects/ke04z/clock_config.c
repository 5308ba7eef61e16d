/* MKE04P24M48SF0RM, chapter "System Integration Module (SIM)". 8 MHz / 256 * 1280 = 40 MHz. */
#include "clock_config.h"

#include "ke0x.h"
#include "registers.h"

#define SIM_CLKDIV  REG32(0x4004801C)

#define OUTDIV2_2   (1u << 24) /* bus and flash: half the core's clock, 24 MHz at most; OUTDIV1 is 0: core not divided */

void BOARD_InitBootClocks(void)
{
    SIM_CLKDIV = OUTDIV2_2;
    ke0x_run_from_crystal();
}
