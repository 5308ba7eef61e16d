/* FRDM-MCXC444: the console on LPUART0, which the board's debug probe shows as a serial port. */
#ifndef BOARD_H
#define BOARD_H

#define CONSOLE_LPUART_BAUD 0x40054000u
#define CONSOLE_BAUD        115200u

/* FSEC (0x40C): not secured, mass erase allowed. FOPT (0x40D): 0x3F, as with 0xFF the part would start its boot ROM. */
#define FLASH_CONFIG_0X40C  0xFFFF3FFEu

/* Called first at reset: stop the watchdog, which would reset the part after a second. */
void SystemInit(void);

/* Make PRINTF work. Pins and clocks must be set already. */
void BOARD_InitDebugConsole(void);

#endif
