/* Access to a 32-bit peripheral register by its address. */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

#define REG32(address) (*(volatile uint32_t *)(address))

#endif
