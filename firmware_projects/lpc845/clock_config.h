/* LPC845-BRK: core 30 MHz, made by the PLL from the part's own oscillator (FRO). */
#ifndef CLOCK_CONFIG_H
#define CLOCK_CONFIG_H

#define BOARD_BOOTCLOCKRUN_CORE_CLOCK 30000000u
#define BOARD_FRO_CLOCK               12000000u /* 24 MHz / 2, as after reset: what the USART gets */

void BOARD_InitBootClocks(void);

#endif
