/* Time since init_timer(), from the core's SysTick. */
#ifndef TIMER_H
#define TIMER_H

#include <stdbool.h>
#include <stdint.h>

/* Start counting at zero. The core's clock must be set already. */
void init_timer(void);

/*
 * Microseconds since init_timer(), rounded down. Two calls must lie less than 2^24 core cycles apart
 * (28 ms at 600 MHz, 350 ms at 48 MHz), since SysTick has 24 bits and no interrupt counts its rounds.
 */
uint32_t get_time_in_us(void);

/*
 * Whether 2^24 core cycles or more have gone by since init_timer(), or since this was asked last: then two calls of
 * get_time_in_us() may have lain too far apart, and their difference is too small.
 */
bool timer_overran(void);

#endif
