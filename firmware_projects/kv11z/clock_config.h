/* FRDM-KV11Z: core 75 MHz, made by the FLL from the 10 MHz crystal; bus and flash 25 MHz. */
#ifndef CLOCK_CONFIG_H
#define CLOCK_CONFIG_H

#define BOARD_BOOTCLOCKRUN_CORE_CLOCK 75000000u

void BOARD_InitBootClocks(void);

#endif
