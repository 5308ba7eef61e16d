/* KV11P64M75RM, chapters "Port Control and Interrupts (PORT)" and "Signal Multiplexing": ALT3 of PTB16 and PTB17. */
#include "pin_mux.h"

#include "registers.h"

#define SIM_SCGC5    REG32(0x40048038)
#define PORTB_PCR16  REG32(0x4004A040)
#define PORTB_PCR17  REG32(0x4004A044)

#define SCGC5_PORTB  (1u << 10)
#define PCR_MUX_3    (3u << 8)

void BOARD_InitPins(void)
{
    SIM_SCGC5 |= SCGC5_PORTB;
    PORTB_PCR16 = PCR_MUX_3;
    PORTB_PCR17 = PCR_MUX_3;
}
