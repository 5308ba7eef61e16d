/* FRDM-KE16Z: the console on LPUART0, which the board's debug probe shows as a serial port. */
#ifndef BOARD_H
#define BOARD_H

#define CONSOLE_LPUART_BASE 0x4006A000u
#define CONSOLE_BAUD        115200u

/* Called first at reset: stop the watchdog, which would reset the part after 8 ms. */
void SystemInit(void);

/* Make PRINTF work. Pins and clocks must be set already. */
void BOARD_InitDebugConsole(void);

#endif
