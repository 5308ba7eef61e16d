/* Time since init_long_timer() where SysTick's 24 bits do not suffice: an interrupt counts its rounds. */
#ifndef LONG_TIMER_H
#define LONG_TIMER_H

#include <stdint.h>

/*
 * Start counting at zero. The core's clock must be set already. The program defines SysTick_Handler() and calls
 * count_timer_round() in it; no interrupt may be masked for a whole round, 2^24 core cycles.
 */
void init_long_timer(void);
void count_timer_round(void);

/* Microseconds since init_long_timer(), rounded down, for up to an hour. */
uint32_t get_long_time_in_us(void);

#endif
