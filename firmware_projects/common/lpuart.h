/* NXP's LPUART (low power UART), transmitter only, as far as a console needs it. */
#ifndef LPUART_H
#define LPUART_H

#include <stdint.h>

/* The divisor of the LPUART's clock for 16 samples a bit, rounded to the nearest. */
#define LPUART_DIVISOR(clock_hz, baud) (((clock_hz) + 8u * (baud)) / (16u * (baud)))

/* Set divisor and frame (8 bits, no parity, 1 stop bit) of the console's LPUART and switch its transmitter on. */
void lpuart_init(uint32_t divisor);

#endif
