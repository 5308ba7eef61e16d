/* Raspberry Pi Pico: core, bus and UART 133 MHz, made by the PLL from the crystal of 12 MHz. */
#ifndef CLOCK_CONFIG_H
#define CLOCK_CONFIG_H

#define BOARD_BOOTCLOCKRUN_CORE_CLOCK 133000000u

void BOARD_InitBootClocks(void);

#endif
