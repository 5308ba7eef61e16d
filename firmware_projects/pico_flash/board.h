/* Raspberry Pi Pico, its program in flash: the console on UART0 (GP0 sends) and on USB, the class on the LED. */
#ifndef BOARD_H
#define BOARD_H

#include "rp2040/blink.h"
#include "rp2040/usb_console.h"

#define CONSOLE_BAUD            115200u

/* For startup.c: the part's interrupts up to the one of USB, and what to do once main() has ended. */
#define BOARD_INTERRUPTS \
    {.handler = blink_step}, {.handler = Fault_Handler}, {.handler = Fault_Handler}, {.handler = Fault_Handler}, \
        {.handler = Fault_Handler}, {.handler = usb_console_step}
#define BOARD_WHEN_MAIN_ENDED() (blink_the_class(), usb_console_start())

/* For own_network.c: print the class, since the LED shows it. */
#define BOARD_SHOWS_THE_CLASS   1

/* Called first at reset. */
void SystemInit(void);

/* Make PRINTF work. Pins and clocks must be set already. */
void BOARD_InitDebugConsole(void);

#endif
