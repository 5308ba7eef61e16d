/* MKE02P64M40SF0RM, chapter "Signal Multiplexing": PTC6 and PTC7 belong to UART1 as soon as it is switched on. */
#include "pin_mux.h"

void BOARD_InitPins(void)
{
}
