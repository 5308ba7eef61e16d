/* MIMXRT1060-EVK: core 600 MHz from the ARM PLL, peripheral bus 150 MHz. */
#ifndef CLOCK_CONFIG_H
#define CLOCK_CONFIG_H

#define BOARD_BOOTCLOCKRUN_CORE_CLOCK 600000000u
#define BOARD_OSC_CLOCK               24000000u

void BOARD_InitBootClocks(void);

#endif
