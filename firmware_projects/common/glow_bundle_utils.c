#include "glow_bundle_utils.h"

/* Every float of this magnitude or more is an integer already: 24 bits of precision. */
#define FLOAT_INTEGERS_FROM 8388608.0f

/* Weak, so that a C library that has the function keeps its own. */
__attribute__((weak)) float nearbyintf(float value)
{
    float magic = value < 0.0f ? -FLOAT_INTEGERS_FROM : FLOAT_INTEGERS_FROM;

    if (!(value > -FLOAT_INTEGERS_FROM && value < FLOAT_INTEGERS_FROM)) {
        return value; /* large, infinite or not a number */
    }
    return (value + magic) - magic; /* the sum has no bits left below one: the rounding is the addition's own */
}
