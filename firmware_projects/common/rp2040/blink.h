/* The Pico's LED tells the class that the program has printed, for those with no serial port at hand. */
#ifndef RP2040_BLINK_H
#define RP2040_BLINK_H

/* Read along what the program prints: the number behind "Top1 class = " is what will blink. */
void blink_reads(char character);

/* Called once main() has ended: blink the class, 0 as ten blinks, over and over, with a pause of 1.5 s. Without a class: nothing. */
void blink_the_class(void);

/* TIMER_IRQ_0, the part's first interrupt: the next step of the blinking. */
void blink_step(void);

#endif
