/* The console's UART for bytes in both directions, without PRINTF: what a program uses that talks to another program. */
#ifndef SERIAL_H
#define SERIAL_H

#include <stdint.h>

/* Switch the receiver on as well. BOARD_InitDebugConsole() must have been called. */
void serial_start(void);

/* The next byte that arrives; waits for it. A byte that arrives while the last one has not been taken is lost. */
uint8_t serial_get(void);

/* Send a byte; waits while the UART is busy. */
void serial_put(uint8_t byte);

#endif
