/*
 * What an application around a Glow bundle needs beside the bundle's own header: its two macros, for a bundle made
 * with the dynamic interface (whose header has none), and the C library functions that a bundle may call.
 */
#ifndef GLOW_BUNDLE_UTILS_H
#define GLOW_BUNDLE_UTILS_H

#include <stdint.h>
#include <string.h>

/* Spelt as in Glow's headers: whichever of the two is included first, C takes the second definition for the same. */
#ifndef GLOW_MEM_ALIGN
#define GLOW_MEM_ALIGN(size)  __attribute__((aligned(size)))
#endif

#ifndef GLOW_GET_ADDR
#define GLOW_GET_ADDR(mutableBaseAddr, placeholderOff)  (((uint8_t*)(mutableBaseAddr)) + placeholderOff)
#endif

/* The nearest integer, halves to the even one. A bundle with float inputs quantises them with it. */
float nearbyintf(float value);

#endif
