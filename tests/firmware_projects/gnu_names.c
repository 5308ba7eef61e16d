/* In the place of the note's bundle: a function that calls the run-time library by GNU's names, as real Glow's objects do. */
#include <stdint.h>

#include "mnist_nxp.h"

int64_t __muldi3(int64_t, int64_t);
int64_t __ashldi3(int64_t, int);
int64_t __ashrdi3(int64_t, int);
int64_t __lshrdi3(int64_t, int);
int32_t __divsi3(int32_t, int32_t);
uint32_t __udivsi3(uint32_t, uint32_t);
float __addsf3(float, float);
float __subsf3(float, float);
float __mulsf3(float, float);
float __divsf3(float, float);
int32_t __fixsfsi(float);
float __floatsisf(int32_t);
int __gtsf2(float, float);
int __ltsf2(float, float);

/* Ten outputs, each 1 where the library's result is what C's operator gives for numbers made of the first inputs. */
int mnist_nxp(uint8_t *constants, uint8_t *placeholders, uint8_t *activations)
{
    const int8_t *in = (const int8_t *)placeholders + MNIST_NXP_max_pooling_1_input;
    int8_t *out = (int8_t *)placeholders + MNIST_NXP_dense_2;
    int64_t a = in[0] * 1234567891011, b = in[1] * 9876543;
    int shift = in[2] & 63;
    int32_t n = in[3] * 1000003, d = in[4] | 1;
    float x = in[5] * 0.37f, y = in[6] * 1.9f + 0.01f;
    (void)constants, (void)activations;
    out[0] = __muldi3(a, b) == a * b;
    out[1] = __ashldi3(a, shift) == (int64_t)((uint64_t)a << shift);
    out[2] = __ashrdi3(a, shift) == a >> shift;
    out[3] = (uint64_t)__lshrdi3(a, shift) == (uint64_t)a >> shift;
    out[4] = __divsi3(n, d) == n / d && __udivsi3((uint32_t)n, (uint32_t)d) == (uint32_t)n / (uint32_t)d;
    out[5] = __addsf3(x, y) == x + y && __subsf3(x, y) == x - y;
    out[6] = __mulsf3(x, y) == x * y && __divsf3(x, y) == x / y;
    out[7] = __fixsfsi(y) == (int32_t)y && __floatsisf(n) == (float)n;
    out[8] = (__gtsf2(x, y) > 0) == (x > y) && (__gtsf2(x, x) > 0) == 0;
    out[9] = (__ltsf2(x, y) < 0) == (x < y) && (__ltsf2(x, x) < 0) == 0;
    return 0;
}
