"""Small C functions around the DSP extension's instructions, put in front of the layers that use them.

Sources: Arm C Language Extensions (IHI 0053), section "32-bit SIMD intrinsics"; unaligned words: Armv7-M Architecture
Reference Manual (DDI 0403), section A3.2.1.
"""

PIECES = {
    "loose_pair": """\
/* Two neighbouring elements as a word; the core loads it from any even address. */
typedef int32_t any_pair __attribute__((may_alias, aligned(2)));
static inline int32_t loose_pair(const int16_t *p) {
  return *(const any_pair *)p;
}
""",
    "even_pair": """\
/* The same where the address is a multiple of four, so that two words may be loaded at once. */
typedef int32_t whole_pair __attribute__((may_alias, aligned(4)));
static inline int32_t even_pair(const int16_t *p) {
  return *(const whole_pair *)p;
}
""",
    "set_pair": """\
/* The same to any even address. */
typedef int32_t stored_pair __attribute__((may_alias, aligned(2)));
static inline void set_pair(int16_t *to, int32_t pair) {
  *(stored_pair *)to = pair;
}
""",
    "two_weights": """\
/* The next two words of weights with one load, which clang makes of two otherwise; returns where the next ones are. */
static inline const int32_t *two_weights(const int32_t *w, int32_t *first, int32_t *second) {
  __asm__ volatile("ldrd %0, %1, [%2], #8" : "=&r"(*first), "=&r"(*second), "+r"(w) : "m"(*(const int32_t (*)[2])w));
  return w;
}
""",
    "multiply2": """\
/* Two products added to a sum. */
#include <arm_acle.h>
static inline int32_t multiply2(int32_t x, int32_t w, int32_t sum) {
  return __smlad(x, w, sum);
}
""",
    "high_signed": """\
/* Factor, addend, shift: the rounded high half of a product, halves away from zero, and a shift. */
static inline int32_t high_signed(const int32_t *how, int32_t x) {
  int32_t high;
  __asm__("smmulr %0, %1, %2" : "=r"(high) : "r"(x), "r"(how[0]));
  return (high + (high >> 31) + how[1]) >> how[2];
}
""",
    "high_plain": """\
/* The same where what is negative is clipped, so that it need not be rounded right. */
static inline int32_t high_plain(const int32_t *how, int32_t x) {
  int32_t high;
  __asm__("smmlar %0, %1, %2, %3" : "=r"(high) : "r"(x), "r"(how[0]), "r"(how[1]));
  return high >> how[2];
}
""",
    "high_floor": """\
/* The same where only the shift rounds. */
static inline int32_t high_floor(const int32_t *how, int32_t x) {
  int32_t high;
  __asm__("smmla %0, %1, %2, %3" : "=r"(high) : "r"(x), "r"(how[0]), "r"(how[1]));
  return high >> how[2];
}
""",
    "widen4": """\
/* Four int8 as four int16. */
#include <arm_acle.h>
typedef uint32_t four_bytes __attribute__((may_alias, aligned(1)));
typedef uint32_t two_elements __attribute__((may_alias, aligned(2)));
static inline void widen4(const int8_t *in, int16_t *out) {
  uint32_t bytes = *(const four_bytes *)in;
  uint32_t even = (uint32_t)__sxtb16((int8x4_t)bytes);
  uint32_t odd = (uint32_t)__sxtb16((int8x4_t)(bytes >> 8 | bytes << 24));
  ((two_elements *)out)[0] = (even & 0xFFFFu) | odd << 16;
  ((two_elements *)out)[1] = even >> 16 | (odd & 0xFFFF0000u);
}
""",
    "widened2": """\
/* The bytes 0 and 2 of a word as two int16. */
#include <arm_acle.h>
static inline int32_t widened2(uint32_t bytes) {
  return (int32_t)__sxtb16((int8x4_t)bytes);
}
""",
    "four": """\
/* Four bytes as a word, from a multiple of four. */
typedef uint32_t whole_four __attribute__((may_alias, aligned(4)));
static inline uint32_t four(const int8_t *from) {
  return *(const whole_four *)from;
}
""",
    "set_four": """\
/* The same to a multiple of four. */
typedef uint32_t stored_four __attribute__((may_alias, aligned(4)));
static inline void set_four(int8_t *to, uint32_t bytes) {
  *(stored_four *)to = bytes;
}
""",
    "largest4": """\
/* The larger of each of four bytes. */
#include <arm_acle.h>
static inline uint32_t largest4(uint32_t a, uint32_t b) {
  (void)__ssub8((int8x4_t)a, (int8x4_t)b);
  return (uint32_t)__sel((uint8x4_t)a, (uint8x4_t)b);
}
""",
}
