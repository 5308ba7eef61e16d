"""The natural logarithm in float32 as the GNU C library's `logf` gives it, on every machine.

It is not always the nearest float32, and numpy's differs from one processor to another; Glow's KL calibration depends
on the last bit if two windows diverge equally. The method and its numbers: glibc, sysdeps/ieee754/flt-32/e_logf.c (from
Arm's optimized-routines): x = 2**k * z, z near c of a table; log x = k log 2 + log c + a polynomial of r = z / c - 1,
in float64.
"""

import numpy as np

_START = 0x3F330000  # the bits of the float32 at which the table begins, about 0.699
_LOG_2 = float.fromhex("0x1.62e42fefa39efp-1")
_POLYNOMIAL = [
    float.fromhex(each) for each in ("-0x1.00ea348b88334p-2", "0x1.5575b0be00b6ap-2", "-0x1.ffffef20a4123p-2")
]
_TABLE = """
    0x1.661ec79f8f3bep+0 -0x1.57bf7808caadep-2  0x1.571ed4aaf883dp+0 -0x1.2bef0a7c06ddbp-2
    0x1.49539f0f010bp+0  -0x1.01eae7f513a67p-2  0x1.3c995b0b80385p+0 -0x1.b31d8a68224e9p-3
    0x1.30d190c8864a5p+0 -0x1.6574f0ac07758p-3  0x1.25e227b0b8eap+0  -0x1.1aa2bc79c81p-3
    0x1.1bb4a4a1a343fp+0 -0x1.a4e76ce8c0e5ep-4  0x1.12358f08ae5bap+0 -0x1.1973c5a611cccp-4
    0x1.0953f419900a7p+0 -0x1.252f438e10c1ep-5  0x1p+0               0x0p+0
    0x1.e608cfd9a47acp-1 0x1.aa5aa5df25984p-5   0x1.ca4b31f026aap-1  0x1.c5e53aa362eb4p-4
    0x1.b2036576afce6p-1 0x1.526e57720db08p-3   0x1.9c2d163a1aa2dp-1 0x1.bc2860d22477p-3
    0x1.886e6037841edp-1 0x1.1058bc8a07ee1p-2   0x1.767dcf5534862p-1 0x1.4043057b6ee09p-2
"""
_RECIPROCALS, _LOGARITHMS = np.array([float.fromhex(each) for each in _TABLE.split()]).reshape(16, 2).T


def logf(x: np.ndarray) -> np.ndarray:
    """log(x), float32, of positive, finite, normal float32."""
    bits = np.asarray(x, np.float32).view(np.int32)
    beyond = bits - np.int32(_START)
    index, exponent = (beyond >> 19) & 15, beyond >> 23
    z = (bits - (exponent << 23)).view(np.float32).astype(np.float64)
    r = z * _RECIPROCALS[index] - 1
    square = r * r
    first, second, third = _POLYNOMIAL
    tail = (first * square + (second * r + third)) * square
    return (tail + (_LOGARITHMS[index] + exponent * _LOG_2 + r)).astype(np.float32)
