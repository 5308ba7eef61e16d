/*
 * The word at 0x2FC that the boot ROM reads (UM11029, chapter "Flash ISP and IAP programming", section "Code Read
 * Protection"). Some values close the part to debuggers for good; an erased word protects nothing.
 */
#include <stdint.h>

__attribute__((section(".code_read_protection"), used)) static const uint32_t code_read_protection = 0xFFFFFFFFu;
