/* What every Cortex-M7 part wants before main(): vectors and FPU; then its memory map told to the core, and its caches. */
#ifndef CORTEX_M7_H
#define CORTEX_M7_H

#include <stdint.h>

/* Point the core to the vector table of this program and allow floating-point instructions. */
void m7_start(void);

/*
 * The core may read ahead of the program; a read where the bus has no memory would hang it. So all 2^`window_log2` bytes of
 * the flash interface at `base` are closed, and the first 2^`flash_log2`, the flash, opened as read-only and cached. Then
 * both caches are switched on.
 */
void m7_map_flash(uint32_t base, uint32_t window_log2, uint32_t flash_log2);

#endif
