#include "console.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef CONSOLE_SEMIHOSTING
#include "semihosting.h"
#define console_put semihosting_put
#endif

static int put(char character)
{
    console_put(character);
    return 1;
}

static int put_text(const char *text)
{
    int count = 0;

    while (*text != '\0') {
        count += put(*text++);
    }
    return count;
}

static int put_number(uint32_t value, uint32_t base, bool negative, int width, char fill)
{
    char digits[11]; /* -4294967295 has eleven */
    int length = 0;
    int count = 0;

    do {
        digits[length++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    if (negative && fill == '0') { /* zeros go between the sign and the digits, blanks before both */
        count += put('-');
        width--;
    } else if (negative) {
        digits[length++] = '-';
    }
    while (width-- > length) {
        count += put(fill);
    }
    while (length > 0) {
        count += put(digits[--length]);
    }
    return count;
}

static int put_signed(int32_t value, int width, char fill)
{
    uint32_t magnitude = value < 0 ? -(uint32_t)value : (uint32_t)value;

    return put_number(magnitude, 10, value < 0, width, fill);
}

int console_printf(const char *format, ...)
{
    va_list values;
    int count = 0;

    va_start(values, format);
    while (*format != '\0') {
        char fill = ' ';
        int width = 0;

        if (*format != '%') {
            count += put(*format++);
            continue;
        }
        if (*++format == '0') {
            fill = '0';
        }
        while (*format >= '0' && *format <= '9') {
            width = 10 * width + (*format++ - '0');
        }
        while (*format == 'l') {
            format++;
        }
        switch (*format) {
        case '\0': /* a lone % at the end of the format */
            va_end(values);
            return count;
        case 'd': count += put_signed(va_arg(values, int32_t), width, fill); break;
        case 'u': count += put_number(va_arg(values, uint32_t), 10, false, width, fill); break;
        case 'x': count += put_number(va_arg(values, uint32_t), 16, false, width, fill); break;
        case 'c': count += put((char)va_arg(values, int)); break;
        case 's': count += put_text(va_arg(values, const char *)); break;
        default: count += put(*format); break;
        }
        format++;
    }
    va_end(values);
    return count;
}
