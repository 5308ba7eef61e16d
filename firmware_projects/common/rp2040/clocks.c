/*
 * Registers: RP2040 data sheet, sections 2.14 "Subsystem Resets", 2.15 "Clocks", 2.16 "Crystal Oscillator", 2.18 "PLL" and
 * 4.7 "Watchdog" (whose tick the timer counts).
 */
#include "rp2040/clocks.h"

#include "registers.h"

#define RESETS_RESET      REG32(0x4000C000)
#define RESETS_RESET_DONE REG32(0x4000C008)

#define CLK_REF_CTRL      REG32(0x40008030)
#define CLK_REF_SELECTED  REG32(0x40008038)
#define CLK_SYS_CTRL      REG32(0x4000803C)
#define CLK_SYS_DIV       REG32(0x40008040)
#define CLK_SYS_SELECTED  REG32(0x40008044)
#define CLK_PERI_CTRL     REG32(0x40008048)
#define CLK_USB_CTRL      REG32(0x40008054)

#define XOSC_CTRL         REG32(0x40024000)
#define XOSC_STATUS       REG32(0x40024004)
#define XOSC_STARTUP      REG32(0x4002400C)

#define PLL_SYS           0x40028000u
#define PLL_USB           0x4002C000u
#define PLL_CS(base)      REG32(base)
#define PLL_PWR(base)     REG32((base) + 0x4)
#define PLL_FBDIV(base)   REG32((base) + 0x8)
#define PLL_PRIM(base)    REG32((base) + 0xC)

#define WATCHDOG_CTRL     REG32(0x40058000)
#define WATCHDOG_TICK     REG32(0x4005802C)

#define XOSC_ENABLE_1_TO_15_MHZ 0x00FABAA0u
#define XOSC_STARTUP_1_MS       47u /* of 256 crystal clocks each */
#define XOSC_STABLE             (1u << 31)

#define PLL_REFDIV_1            1u
#define PLL_POSTDIV(one, two)   (((one) << 16) | ((two) << 12))
#define PLL_PD                  (1u << 0)
#define PLL_POSTDIVPD           (1u << 3)
#define PLL_VCOPD               (1u << 5)
#define PLL_LOCK                (1u << 31)

#define REF_FROM_XOSC           2u
#define SYS_FROM_REF            0u
#define SYS_FROM_PLL            1u /* its "auxiliary" source, which is the PLL after reset */
#define ENABLE_FROM_FIRST       (1u << 11) /* the core's clock for the UART, its PLL for USB */
#define DIVIDE_BY_1             (1u << 8)

#define WATCHDOG_ENABLE         (1u << 30)
#define TICK_ENABLE_1_US        ((1u << 9) | 12u) /* crystal clocks a microsecond */

void rp2040_release(uint32_t blocks)
{
    RESETS_RESET &= ~blocks;
    while ((RESETS_RESET_DONE & blocks) != blocks) {
    }
}

static void start_crystal(void)
{
    XOSC_STARTUP = XOSC_STARTUP_1_MS;
    XOSC_CTRL = XOSC_ENABLE_1_TO_15_MHZ;
    while ((XOSC_STATUS & XOSC_STABLE) == 0) {
    }
    CLK_REF_CTRL = REF_FROM_XOSC;
    while ((CLK_REF_SELECTED & (1u << REF_FROM_XOSC)) == 0) {
    }
}

/* 12 MHz * multiply must lie between 750 and 1600 MHz; the two dividers follow. */
static void start_pll(uint32_t base, uint32_t reset, uint32_t multiply, uint32_t dividers)
{
    RESETS_RESET |= reset;
    rp2040_release(reset);
    PLL_CS(base) = PLL_REFDIV_1;
    PLL_FBDIV(base) = multiply;
    PLL_PWR(base) &= ~(PLL_PD | PLL_VCOPD);
    while ((PLL_CS(base) & PLL_LOCK) == 0) {
    }
    PLL_PRIM(base) = dividers;
    PLL_PWR(base) &= ~PLL_POSTDIVPD;
}

void rp2040_run_at_133mhz(void)
{
    WATCHDOG_CTRL &= ~WATCHDOG_ENABLE; /* the boot ROM restarts the part by it */
    CLK_SYS_CTRL = SYS_FROM_REF;       /* whatever ran before, the PLL must not while it changes */
    while ((CLK_SYS_SELECTED & (1u << SYS_FROM_REF)) == 0) {
    }
    start_crystal();
    start_pll(PLL_SYS, RESET_PLL_SYS, 133, PLL_POSTDIV(6u, 2u)); /* 1596 MHz / 6 / 2 = 133 MHz */
    CLK_SYS_DIV = DIVIDE_BY_1;
    CLK_SYS_CTRL = SYS_FROM_PLL;
    while ((CLK_SYS_SELECTED & (1u << SYS_FROM_PLL)) == 0) {
    }
    CLK_PERI_CTRL = ENABLE_FROM_FIRST;
    WATCHDOG_TICK = TICK_ENABLE_1_US;
}

void rp2040_start_usb_clock(void)
{
    start_pll(PLL_USB, RESET_PLL_USB, 100, PLL_POSTDIV(5u, 5u)); /* 1200 MHz / 5 / 5 = 48 MHz */
    CLK_USB_CTRL = ENABLE_FROM_FIRST;
}
