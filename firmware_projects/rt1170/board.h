/* MIMXRT1170-EVK, Cortex-M7: the console on LPUART1, which the board's debug probe shows as a serial port. */
#ifndef BOARD_H
#define BOARD_H

#define CONSOLE_LPUART_BAUD 0x4007C010u
#define CONSOLE_BAUD        115200u

/* The flash on FlexSPI1, from which the boot ROM starts the program: 16 MB. */
#define BOOT_FLASH_BASE      0x30000000u
#define BOOT_FLASH_LOG2_SIZE 24u

/* Called first at reset: stop the watchdogs, allow floating-point instructions. */
void SystemInit(void);

/* Tell the core which part of the address space is flash, and switch its caches on. */
void BOARD_ConfigMPU(void);

/* Make PRINTF work. Pins and clocks must be set already. */
void BOARD_InitDebugConsole(void);

#endif
