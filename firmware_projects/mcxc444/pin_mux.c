/* MCXC444RM, chapters "Port Control and Interrupts (PORT)" and "Signal Multiplexing": ALT2 of PTA1 and PTA2. */
#include "pin_mux.h"

#include "registers.h"

#define SIM_SCGC5   REG32(0x40048038)
#define PORTA_PCR1  REG32(0x40049004)
#define PORTA_PCR2  REG32(0x40049008)

#define SCGC5_PORTA (1u << 9)
#define PCR_MUX_2   (2u << 8)

void BOARD_InitPins(void)
{
    SIM_SCGC5 |= SCGC5_PORTA;
    PORTA_PCR1 = PCR_MUX_2;
    PORTA_PCR2 = PCR_MUX_2;
}
