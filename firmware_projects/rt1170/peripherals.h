#ifndef PERIPHERALS_H
#define PERIPHERALS_H

/* NXP's example sets up its other peripherals here. This project has none besides the console and SysTick. */
static inline void BOARD_InitBootPeripherals(void)
{
}

#endif
