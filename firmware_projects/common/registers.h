/* Access to a peripheral register by its address. */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

#define REG8(address)  (*(volatile uint8_t *)(address))
#define REG16(address) (*(volatile uint16_t *)(address))
#define REG32(address) (*(volatile uint32_t *)(address))

#endif
