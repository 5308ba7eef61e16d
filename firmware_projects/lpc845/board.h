/* LPC845-BRK: the console on USART0, which the board's debug probe shows as a serial port. */
#ifndef BOARD_H
#define BOARD_H

#define CONSOLE_USART_BASE  0x40064000u

/* Called first at reset. */
void SystemInit(void);

/* Make PRINTF work, at 115200 baud. Pins and clocks must be set already. */
void BOARD_InitDebugConsole(void);

#endif
