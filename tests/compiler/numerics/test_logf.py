"""The logarithm of the GNU C library, bit for bit."""

import ctypes
import ctypes.util
import platform

import numpy as np
import pytest

from helpers.compiler.numerics.logf import logf

# Where the nearest float32 is another one (x, logf(x)); as glibc 2.36 gives them on x86-64.
ROUNDED_OTHERWISE = [
    (0.9883152842521667, -0.01175351906567812),
    (1.2136633396148682, 0.19364333152770996),
    (3.794921636581421, 1.333663821220398),
    (14.75904369354248, 2.6918559074401855),
    (4.115657806396484, 1.414798617362976),
    (12.679285049438477, 2.5399696826934814),
]


def test_where_the_nearest_float32_is_another():
    x, expected = np.array(ROUNDED_OTHERWISE, np.float32).T
    assert np.array_equal(logf(x), expected)
    assert not (np.log(x.astype(np.float64)).astype(np.float32) == expected).any()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="there is no GNU C library here")
def test_as_the_library_of_this_machine():
    library = ctypes.CDLL(ctypes.util.find_library("m"))
    library.logf.restype, library.logf.argtypes = ctypes.c_float, [ctypes.c_float]
    x = np.exp(np.random.default_rng(0).uniform(-30, 30, 20000)).astype(np.float32)
    assert np.array_equal(logf(x), np.array([library.logf(each) for each in x.tolist()], np.float32))
