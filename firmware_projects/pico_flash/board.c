#include "board.h"

#include "clock_config.h"
#include "rp2040/uart0.h"

/* The part leaves reset with its watchdog off; clock_config.c stops the boot ROM's use of it. */
void SystemInit(void)
{
}

void BOARD_InitDebugConsole(void)
{
    rp2040_uart0_init(BOARD_BOOTCLOCKRUN_CORE_CLOCK, CONSOLE_BAUD);
}
