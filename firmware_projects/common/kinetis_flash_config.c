/*
 * The 16 bytes at 0x400 that a Kinetis part reads from its flash at reset (KE1xZP48M48SF0RM, chapter "Flash Memory
 * Module", section "Flash configuration field description"). A wrong security byte locks the part.
 */
#include <stdint.h>

__attribute__((section(".flash_config"), used)) static const uint8_t flash_config[16] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, /* back-door key: none */
    0xFF, 0xFF, 0xFF, 0xFF,                         /* FPROT: no sector is write-protected */
    0xFE,                                           /* FSEC: not secured, mass erase allowed */
    0xFF,                                           /* FOPT: the factory's boot options */
    0xFF, 0xFF,
};
