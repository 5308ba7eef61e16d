/* The console of a debugger: Arm, Semihosting for AArch32 and AArch64 (IHI 0100), "SYS_WRITEC". Without one, BKPT faults. */
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

#include <stdint.h>

#define SYS_WRITEC 3u

/* The debugger stops the core at the BKPT, takes the character from where r1 points, and lets it go on. */
static inline void semihosting_put(char character)
{
    register uint32_t call __asm("r0") = SYS_WRITEC;
    register const char *place __asm("r1") = &character;

    __asm volatile("bkpt 0xAB" : "+r"(call) : "r"(place) : "memory");
}

#endif
