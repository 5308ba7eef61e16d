/* MIMXRT1170-EVK: Cortex-M7 996 MHz from the ARM PLL; the buses as the boot ROM leaves them. */
#ifndef CLOCK_CONFIG_H
#define CLOCK_CONFIG_H

#define BOARD_BOOTCLOCKRUN_CORE_CLOCK 996000000u
#define BOARD_OSC_CLOCK               24000000u

void BOARD_InitBootClocks(void);

#endif
