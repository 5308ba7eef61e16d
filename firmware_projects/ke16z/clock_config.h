/* FRDM-KE16Z: core 48 MHz from the part's own fast oscillator (FIRC), bus and flash 24 MHz. */
#ifndef CLOCK_CONFIG_H
#define CLOCK_CONFIG_H

#define BOARD_BOOTCLOCKRUN_CORE_CLOCK 48000000u
#define BOARD_FIRCDIV2_CLOCK          48000000u /* what peripherals get */

void BOARD_InitBootClocks(void);

#endif
