/* KE1xZP48M48SF0RM, chapters "Port Control and Interrupts (PORT)" and "Signal Multiplexing": ALT2 of PTB0 and PTB1. */
#include "pin_mux.h"

#include "registers.h"

#define PCC_PORTB   REG32(0x40065128)
#define PORTB_PCR0  REG32(0x4004A000)
#define PORTB_PCR1  REG32(0x4004A004)

#define PCC_CGC     (1u << 30)
#define PCR_MUX_2   (2u << 8)

void BOARD_InitPins(void)
{
    PCC_PORTB = PCC_CGC;
    PORTB_PCR0 = PCR_MUX_2;
    PORTB_PCR1 = PCR_MUX_2;
}
