/* FRDM-KE02Z40M: core 40 MHz, made by the FLL from the 10 MHz crystal; bus and flash 20 MHz. */
#ifndef CLOCK_CONFIG_H
#define CLOCK_CONFIG_H

#define BOARD_BOOTCLOCKRUN_CORE_CLOCK 40000000u
#define BOARD_BUS_CLOCK               20000000u

void BOARD_InitBootClocks(void);

#endif
