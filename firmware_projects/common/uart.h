/* The UART of byte-wide registers that Kinetis parts have, transmitter only, as far as a console needs it. */
#ifndef UART_H
#define UART_H

#include <stdint.h>

/* The divisor of the UART's clock, which samples each bit 16 times, rounded to the nearest. */
#define UART_DIVISOR(clock_hz, baud) (((clock_hz) + 8u * (baud)) / (16u * (baud)))

/* Set divisor and frame (8 bits, no parity, 1 stop bit) of the console's UART and switch its transmitter on. */
void uart_init(uint32_t divisor);

#endif
