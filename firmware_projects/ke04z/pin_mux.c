/* MKE04P24M48SF0RM, chapter "System Integration Module (SIM)", "Pin Selection Register": UART0 on PTB0 and PTB1 or PTA2 and PTA3. */
#include "pin_mux.h"

#include "registers.h"

#define SIM_PINSEL  REG32(0x40048008)

#define PINSEL_UART0_PTA (1u << 7)

void BOARD_InitPins(void)
{
    SIM_PINSEL &= ~PINSEL_UART0_PTA;
}
