/* LPC84x's USART, transmitter only, as far as a console needs it. */
#ifndef USART_H
#define USART_H

/* Set 115200 baud and the frame (8 bits, no parity, 1 stop bit) and switch the console's USART on. */
void usart_init(void);

#endif
