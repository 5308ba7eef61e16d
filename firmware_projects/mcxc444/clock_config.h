/* FRDM-MCXC444: core 48 MHz from the part's own oscillator (HIRC), bus and flash 24 MHz. */
#ifndef CLOCK_CONFIG_H
#define CLOCK_CONFIG_H

#define BOARD_BOOTCLOCKRUN_CORE_CLOCK 48000000u
#define BOARD_IRC48M_CLOCK            48000000u /* what LPUART0 gets */

void BOARD_InitBootClocks(void);

#endif
