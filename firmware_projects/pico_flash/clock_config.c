#include "clock_config.h"

#include "rp2040/clocks.h"

void BOARD_InitBootClocks(void)
{
    rp2040_run_at_133mhz();
}
