/* Sections quoted are those of the reference manual, MKE02P64M40SF0RM. */
#include "board.h"

#include "clock_config.h"
#include "registers.h"
#include "uart.h"

#define SIM_SCGC    REG32(0x4004800C)

#define SCGC_UART1  (1u << 21)

/* "System Clock Gating Control Register". The UARTs run from the bus clock. */
void BOARD_InitDebugConsole(void)
{
    SIM_SCGC |= SCGC_UART1;
    uart_init(UART_DIVISOR(BOARD_BUS_CLOCK, CONSOLE_BAUD));
}
