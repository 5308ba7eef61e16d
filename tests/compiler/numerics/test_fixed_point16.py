"""Sigmoid and tanh in 16 bits: near the real functions, and the same in C for every number. TFLite's bits: test_states.py."""

import subprocess

import numpy as np
import pytest

from helpers.compiler.numerics import fixed_point16
from helpers.compiler.operators.base import c_code
from helpers.hardware import toolchain

EVERY = np.arange(-32768, 32768)


def test_near_the_real_functions():
    real = 1 / (1 + np.exp(-EVERY / 4096))
    assert np.abs(fixed_point16.sigmoid(EVERY) / 32768 - real).max() < 12 / 32768
    for bits in range(7):
        real = np.tanh(EVERY / 2.0 ** (15 - bits))
        assert np.abs(fixed_point16.tanh(EVERY, bits) / 32768 - real).max() < 24 / 32768


@pytest.mark.parametrize("end", [-32768, -1, 0, 1, 32767])
def test_the_ends_stay_in_range(end):
    for bits in range(7):
        assert abs(int(fixed_point16.tanh(np.array([end]), bits)[0])) <= 32767
    assert 0 <= int(fixed_point16.sigmoid(np.array([end]))[0]) <= 32767


def test_c_computes_the_same(tmp_path):
    text = "sigmoid16(x) tanh16(x, bits)"
    source = "\n".join(["#include <stdint.h>", "#include <stdio.h>", *c_code.called(c_code.HELPERS, text), _MAIN])
    (tmp_path / "main.c").write_text(source)
    toolchain.link_host_program([tmp_path / "main.c"], tmp_path / "program")
    output = subprocess.run([str(tmp_path / "program")], capture_output=True, check=True).stdout
    found = np.frombuffer(output, "<i4").reshape(8, len(EVERY))
    assert np.array_equal(found[0], fixed_point16.sigmoid(EVERY))
    for bits in range(7):
        assert np.array_equal(found[1 + bits], fixed_point16.tanh(EVERY, bits))


_MAIN = """\
int main(void) {
  for (int row = 0; row < 8; row++) {
    for (int32_t x = -32768; x < 32768; x++) {
      int32_t y = row ? tanh16(x, row - 1) : sigmoid16(x);
      fwrite(&y, 4, 1, stdout);
    }
  }
  return 0;
}
"""
