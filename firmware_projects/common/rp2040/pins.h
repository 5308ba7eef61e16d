/* RP2040: which block has which pin. */
#ifndef RP2040_PINS_H
#define RP2040_PINS_H

/* GP0 sends and GP1 receives for UART0; GP25, the Pico's LED, belongs to the program and is off. */
void rp2040_route_console_and_led(void);

/* Switch the LED on GP25. */
void rp2040_switch_led(int on);

#endif
