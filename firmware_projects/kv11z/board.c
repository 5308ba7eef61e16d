/* Sections quoted are those of the reference manual, KV11P64M75RM. */
#include "board.h"

#include "clock_config.h"
#include "registers.h"
#include "uart.h"

#define WDOG_STCTRLH REG16(0x40052000)
#define WDOG_UNLOCK  REG16(0x4005200E)
#define SIM_SCGC4    REG32(0x40048034)

#define WDOG_KEY_1          0xC520u
#define WDOG_KEY_2          0xD928u
#define STCTRLH_ALLOWUPDATE (1u << 4) /* it may be reconfigured later; WDOGEN (bit 0) is 0 */
#define STCTRLH_RESERVED_1  (1u << 8)
#define SCGC4_UART0         (1u << 10)

/* "Watchdog Timer (WDOG)", "Unlocking and updating the watchdog": two keys, then the write within 256 bus clocks. */
void SystemInit(void)
{
    WDOG_UNLOCK = WDOG_KEY_1;
    WDOG_UNLOCK = WDOG_KEY_2;
    WDOG_STCTRLH = STCTRLH_RESERVED_1 | STCTRLH_ALLOWUPDATE;
}

/* "System Clock Gating Control Register 4". UART0 runs from the core's clock. */
void BOARD_InitDebugConsole(void)
{
    SIM_SCGC4 |= SCGC4_UART0;
    uart_init(UART_DIVISOR(BOARD_BOOTCLOCKRUN_CORE_CLOCK, CONSOLE_BAUD));
}
