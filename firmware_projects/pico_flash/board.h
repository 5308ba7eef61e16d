/* Raspberry Pi Pico, its program in flash: the console on UART0 (GP0 sends), the class on the LED. */
#ifndef BOARD_H
#define BOARD_H

#include "rp2040/blink.h"

#define CONSOLE_BAUD            115200u

/* For startup.c: the part's first interrupt, and what to do once main() has ended. */
#define BOARD_INTERRUPT_0       blink_step
#define BOARD_WHEN_MAIN_ENDED() blink_the_class()

/* For own_network.c: print the class, since the LED shows it. */
#define BOARD_SHOWS_THE_CLASS   1

/* Called first at reset. */
void SystemInit(void);

/* Make PRINTF work. Pins and clocks must be set already. */
void BOARD_InitDebugConsole(void);

#endif
