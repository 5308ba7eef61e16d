/*
 * The run-time library under GNU's names, which a bundle of real Glow calls: its -target=arm is no Arm EABI target, and a library
 * made for that one may know the functions by Arm's names alone (Run-time ABI for the Arm Architecture, IHI 0043, sections 5.1.2,
 * 5.1.3; GNU's: "Integer library routines" and "Soft float library routines" of GCC's internals manual). Weak, as gcc's library
 * has both names. What a program does not call takes no room: the linker drops it.
 */
#include <stdint.h>

#define WEAK __attribute__((weak))
#define NAME(result, gnu, arm, type, second)                                                                                \
    result arm(type, second);                                                                                              \
    WEAK result gnu(type a, second b);                                                                                     \
    WEAK result gnu(type a, second b)                                                                                      \
    {                                                                                                                      \
        return arm(a, b);                                                                                                  \
    }

NAME(int64_t, __muldi3, __aeabi_lmul, int64_t, int64_t)
NAME(int64_t, __ashldi3, __aeabi_llsl, int64_t, int)
NAME(int64_t, __ashrdi3, __aeabi_lasr, int64_t, int)
NAME(int64_t, __lshrdi3, __aeabi_llsr, int64_t, int)
NAME(int32_t, __divsi3, __aeabi_idiv, int32_t, int32_t)
NAME(uint32_t, __udivsi3, __aeabi_uidiv, uint32_t, uint32_t)

/* With an FPU, floats travel in other registers, and no bundle calls these. */
#ifndef __ARM_FP
NAME(float, __addsf3, __aeabi_fadd, float, float)
NAME(float, __subsf3, __aeabi_fsub, float, float)
NAME(float, __mulsf3, __aeabi_fmul, float, float)
NAME(float, __divsf3, __aeabi_fdiv, float, float)

int32_t __aeabi_f2iz(float);
WEAK int32_t __fixsfsi(float x);
WEAK int32_t __fixsfsi(float x)
{
    return __aeabi_f2iz(x);
}

float __aeabi_i2f(int32_t);
WEAK float __floatsisf(int32_t x);
WEAK float __floatsisf(int32_t x)
{
    return __aeabi_i2f(x);
}

/* Above zero where a > b; GNU's tells by the sign, Arm's says 1 or 0. */
int __aeabi_fcmpgt(float, float);
WEAK int __gtsf2(float a, float b);
WEAK int __gtsf2(float a, float b)
{
    return __aeabi_fcmpgt(a, b);
}

/* Below zero where a < b. */
int __aeabi_fcmplt(float, float);
WEAK int __ltsf2(float a, float b);
WEAK int __ltsf2(float a, float b)
{
    return -__aeabi_fcmplt(a, b);
}
#endif
