/* FRDM-KV11Z: the console on UART0, which the board's debug probe shows as a serial port. */
#ifndef BOARD_H
#define BOARD_H

#define CONSOLE_UART_BASE   0x4006A000u
#define CONSOLE_BAUD        115200u

/* FSEC (0x40C): not secured, mass erase allowed. FOPT (0x40D): the factory's boot options. */
#define FLASH_CONFIG_0X40C  0xFFFFFFFEu

/* Called first at reset: stop the watchdog, which would reset the part. */
void SystemInit(void);

/* Make PRINTF work. Pins and clocks must be set already. */
void BOARD_InitDebugConsole(void);

#endif
