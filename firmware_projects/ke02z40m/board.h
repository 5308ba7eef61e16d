/* FRDM-KE02Z40M: the console on UART1, which the board's debug probe shows as a serial port. */
#ifndef BOARD_H
#define BOARD_H

#define CONSOLE_UART_BASE   0x4006B000u
#define CONSOLE_BAUD        115200u

/* Unlike on other Kinetis parts FSEC is at 0x40E: not secured, mass erase allowed. */
#define FLASH_CONFIG_0X40C  0xFFFEFFFFu

/* Called first at reset: stop the watchdog, which would reset the part after 4 ms. */
void SystemInit(void);

/* Make PRINTF work. Pins and clocks must be set already. */
void BOARD_InitDebugConsole(void);

#endif
