/* MKE02P64M40SF0RM, chapter "System Integration Module (SIM)". 10 MHz / 256 * 1024 = 40 MHz. */
#include "clock_config.h"

#include "ke0x.h"
#include "registers.h"

#define SIM_BUSDIV  REG32(0x40048018)

#define BUSDIV_2    1u /* bus and flash: half the core's clock, 20 MHz at most */

void BOARD_InitBootClocks(void)
{
    SIM_BUSDIV = BUSDIV_2;
    ke0x_run_from_crystal();
}
