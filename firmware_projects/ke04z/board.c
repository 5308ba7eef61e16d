/* Sections quoted are those of the reference manual, MKE04P24M48SF0RM. */
#include "board.h"

#include "clock_config.h"
#include "registers.h"
#include "uart.h"

#define SIM_SCGC    REG32(0x4004800C)

#define SCGC_UART0  (1u << 20)

/* "System Clock Gating Control Register". The UARTs run from the bus clock. */
void BOARD_InitDebugConsole(void)
{
    SIM_SCGC |= SCGC_UART0;
    uart_init(UART_DIVISOR(BOARD_BUS_CLOCK, CONSOLE_BAUD));
}
