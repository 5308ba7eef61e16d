/* Registers: RP2040 data sheet, sections 2.19 "GPIO" (IO_BANK0) and 2.3.1 "SIO". */
#include "rp2040/pins.h"

#include "registers.h"
#include "rp2040/clocks.h"

#define GPIO_CTRL(pin)    REG32(0x40014004 + 8u * (pin))
#define SIO_GPIO_OUT_SET  REG32(0xD0000014)
#define SIO_GPIO_OUT_CLR  REG32(0xD0000018)
#define SIO_GPIO_OE_SET   REG32(0xD0000024)

#define FUNCTION_UART     2u
#define FUNCTION_SIO      5u
#define UART0_TX          0u
#define UART0_RX          1u
#define LED               25u

void rp2040_route_console_and_led(void)
{
    rp2040_release(RESET_IO_BANK0 | RESET_PADS_BANK0);
    GPIO_CTRL(UART0_TX) = FUNCTION_UART;
    GPIO_CTRL(UART0_RX) = FUNCTION_UART;
    rp2040_switch_led(0);
    SIO_GPIO_OE_SET = 1u << LED;
    GPIO_CTRL(LED) = FUNCTION_SIO;
}

void rp2040_switch_led(int on)
{
    if (on) {
        SIO_GPIO_OUT_SET = 1u << LED;
    } else {
        SIO_GPIO_OUT_CLR = 1u << LED;
    }
}
