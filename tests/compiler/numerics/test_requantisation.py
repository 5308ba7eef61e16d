"""A factor as integers: close to the factor, and the same in numpy and in C."""

import subprocess

import numpy as np
import pytest

from helpers.compiler.numerics.requantisation import Requantisation, requantisation
from helpers.hardware import toolchain

SEED = 13438
FACTORS = [1.0, 0.5, 0.25, 2.0, 4.0, 2.0**-20, 0.0123, 0.3333, 0.9999, 1.7, 13.37, 255.5, 300.0, 3.2e-5]


def test_powers_of_two_need_no_product():
    assert requantisation(0.125) == Requantisation(0, 3, 1)
    assert requantisation(8.0) == Requantisation(0, 0, 8)


@pytest.mark.parametrize("factor", FACTORS)
def test_close_to_the_real_product(factor):
    numbers = np.arange(-20000, 20001, 7, dtype=np.int32)
    steps = requantisation(factor)
    kept = numbers[np.abs(numbers * factor) < 2**22 // max(1, steps.multiplier)]
    assert np.abs(steps.apply(kept) - kept * factor).max() <= 0.5 + np.abs(kept * factor).max() * 2**-7


def test_numpy_and_c_agree(tmp_path):
    random = np.random.default_rng(SEED)
    numbers = np.concatenate([random.integers(-(2**31), 2**31, 500), [0, 1, -1, 2**31 - 1, -(2**31)]]).astype(np.int32)
    steps = [requantisation(np.float32(factor), int(random.integers(-128, 128))) for factor in FACTORS]
    rows = ",".join(str(n) if n > -(2**31) else "INT32_MIN" for n in numbers)
    prints = "".join(f'    printf("%d\\n", {each.c("x")});\n' for each in steps)
    source = tmp_path / "requantise.c"
    source.write_text(
        "#include <stdint.h>\n#include <stdio.h>\nint main(void) {\n"
        f"  static const int32_t numbers[] = {{{rows}}};\n"
        f"  for (int i = 0; i < {len(numbers)}; i++) {{\n    int32_t x = numbers[i];\n{prints}  }}\n  return 0;\n}}\n"
    )
    program = toolchain.link_host_program([source], tmp_path / "requantise")
    printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout.split()
    expected = np.stack([each.apply(numbers) for each in steps], axis=1)
    assert np.array_equal(np.array(printed, np.int64).reshape(expected.shape), expected)
