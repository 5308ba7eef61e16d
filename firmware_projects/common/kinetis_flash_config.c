/*
 * The 16 bytes at 0x400 that a Kinetis part reads from its flash at reset (each reference manual, chapter "Flash Memory
 * Module", section "Flash configuration field description"). Twelve are the same everywhere: no back-door key, nothing
 * write-protected. What the last four mean differs from family to family, so board.h has them, as one word. A wrong
 * security byte locks the part.
 */
#include <stdint.h>

#include "board.h"

__attribute__((section(".flash_config"), used)) static const uint32_t flash_config[4] = {
    0xFFFFFFFFu,
    0xFFFFFFFFu,
    0xFFFFFFFFu,
    FLASH_CONFIG_0X40C,
};
