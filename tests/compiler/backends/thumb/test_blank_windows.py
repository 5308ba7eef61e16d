"""Convolutions behind a pool, and passing over their blank windows: whatever part of the image is blank, bit for bit."""

import numpy as np
import pytest
import random_networks

from helpers.compiler import driver, interpreter
from helpers.compiler.backends.thumb import program as emit
from helpers.compiler.backends.thumb.pools import blank_windows
from helpers.compiler.ir.graph import TensorType
from helpers.compiler.ir.window import Window
from helpers.compiler.targets import FORMS
from helpers.inference.emulated_bundle import EmulatedBundle

HALVED, TARGET = Window((2, 2), (2, 2)), driver.Target("cortex-m0plus", form="skip-blank")
JOINED = "the windows of this row that see anything"  # a comment where marks are used


def network(seed: int, kernel: int, side: int | None = None):
    """Pool, convolution, pool: of random size and weights, wide if `side` says so."""
    maker = random_networks.Maker(seed)
    sides = (side, side) if side else [4 * maker.integer(3, 6) for _ in range(2)]
    value = maker.graph.add_placeholder("x", TensorType((1, *sides, 1), "int8", 0.01, -128))
    value = maker.pool_of(value, HALVED)
    around = kernel // 2 if maker.likely(0.7) and kernel % 2 else 0
    window, outputs = Window((kernel, kernel), (1, 1), (around,) * 4), maker.integer(1, 9)
    rows, columns = window.output_size(*value.type.shape[1:3])
    inputs = maker.constants((outputs, kernel, kernel, 1), outputs)
    result = TensorType((1, rows, columns, outputs), "int8", 0.01, -128)
    rules = maker.rules(inputs[0], kernel * kernel, result)
    value = maker.graph.add("Convolution", "conv", [value, *inputs], [result], window=window, group=1, **rules).output
    maker.graph.add_output("y", maker.dense(maker.pool_of(value, HALVED)))
    return maker.graph


def images(shape: tuple, seed: int) -> np.ndarray:
    """Blank but for a pixel, a box, a row, a column, or for nothing; and not blank at all."""
    random, (_, height, width, _) = np.random.default_rng(seed), shape
    made = np.full((60, *shape[1:]), -128)
    for number, image in enumerate(made[1:-4]):
        high, wide = [(1, 1), (height // 3, width // 3), (1, width), (height, 1)][number % 4]
        y, x = random.integers(0, height - high + 1), random.integers(0, width - wide + 1)
        image[y : y + high, x : x + wide] = random.integers(-128, 128, (high, wide, 1))
    made[-4:] = random.choice([-128, 127, 0], made[-4:].shape)
    return made.astype(np.int8)


def check(graph, folder, seed: int) -> None:
    driver.emit_bundle(graph, folder / "bundle", "net", TARGET)
    given = images(graph.placeholders[0].output.type.shape, seed)
    expected = interpreter.run(graph, {"x": given})["y"]
    assert np.array_equal(EmulatedBundle(folder / "bundle").run(given), expected), f"seed {seed}"


@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(3))
def test_blank_windows_give_what_the_reference_gives(seed, kernel, tmp_path):
    graph = network(seed, kernel)
    assert JOINED in emit.program(graph, FORMS["skip-blank"], "net", "net").sources[emit.KERNELS]
    check(graph, tmp_path, seed)


@pytest.mark.parametrize("side", [60, 68])
def test_rows_of_the_most_windows_and_of_more(side, tmp_path):
    """60 pixels make 15 windows; of more there are no marks."""
    graph = network(1, 3, side)
    program = emit.program(graph, FORMS["skip-blank"], "net", "net")
    assert (JOINED in program.sources[emit.KERNELS]) == (side // 4 <= blank_windows.MOST_WINDOWS)
    check(graph, tmp_path, side)


@pytest.mark.slow
def test_many(tmp_path):
    for seed in range(100, 140):
        check(network(seed, seed % 5 + 1), tmp_path, seed)


def test_marks_of_a_word_are_the_windows_that_see_it():
    sight = blank_windows.Sight(windows=7, words=2)
    assert [sight.marks(word) for word in (0, 1, 6, 7, 8)] == [0b1, 0b11, 0b1100000, 0b1000000, 0]
    assert blank_windows.sight(15, 5) == blank_windows.Sight(15, 3)
    assert blank_windows.sight(16, 3) is None
