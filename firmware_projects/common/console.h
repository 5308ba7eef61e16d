/* The board's text console: formatted text in, single characters out to the UART driver. */
#ifndef CONSOLE_H
#define CONSOLE_H

/* One character to the UART; waits while it is busy. The board's UART driver defines it. */
void console_put(char character);

/*
 * printf with what the firmware needs: %d %u %x %c %s %%, an `l` before d, u and x (long is 32 bits here),
 * and a width with leading blanks or zeros (%5d, %03u). Returns the number of characters printed. The compiler does not
 * check the format: uint32_t is a long for gcc and an int for clang, so that none would suit both.
 */
int console_printf(const char *format, ...);

#endif
