"""The larger of two bytes, four at a time: every pair, with and without the change of top bits; and of neighbours."""

from types import SimpleNamespace

import numpy as np
import pytest

from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from helpers.compiler.backends.thumb.pools import pixel_pool
from tests.compiler.backends.thumb import thumb_steps

CONSTANTS = {"r6": pixel_pool.ODD_BYTES, "r7": pixel_pool.TOP_BITS, "r8": pixel_pool.GUARDS}


def steps_of(offset_change: int) -> tuple[list[str], list[str]]:
    asm = Assembly("t")
    pool = object.__new__(pixel_pool._FourPixels)
    pool.asm, pool.layer = asm, SimpleNamespace(offset_change=offset_change)
    pool._vertical()
    vertical = list(asm.lines)
    pool._horizontal()
    return vertical, asm.lines[len(vertical) :]


@pytest.mark.parametrize("change", [0, 128])
def test_every_pair_of_bytes(change):
    vertical, _ = steps_of(change)
    pairs = np.indices((256, 256)).reshape(2, -1).astype(np.uint8)
    one, other = (each.view("<u4").astype(np.int64) for each in pairs)
    registers = CONSTANTS | {"r2": one, "r3": other}
    thumb_steps.run(vertical, registers)
    assert np.array_equal(registers["r2"], np.maximum(*(each ^ change for each in pairs)).astype(np.uint8).view("<u4"))


def test_neighbours():
    _, horizontal = steps_of(0)
    for number in (
        *np.random.default_rng(1).integers(0, 2**32, 500),
        0,
        0xFF00FF00,
        0x00FF00FF,
        0xFFFFFFFF,
        0x80807F7F,
    ):
        registers = CONSTANTS | {"r2": int(number)}
        thumb_steps.run(horizontal, registers)
        parts = [int(number) >> 8 * place & 255 for place in range(4)]
        assert registers["r5"] == max(parts[:2]) | max(parts[2:]) << 16
