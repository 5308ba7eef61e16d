"""The shipped networks for digits: exactly these counts, bytes and cycles; and what they promise."""

import shutil

import numpy as np
import pytest

from helpers.common.errors import MissingInput
from helpers.compiler import driver
from helpers.data import mnist
from helpers.evaluation.verify import integers
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.network.better_digits import split
from helpers.own_network.better_digits import files, measured

# By seed: test digits right of 10,000, held-out digits right of 5,000; bytes of flash and RAM of the network; cycles, and with
# the flash's waits. As `python -m helpers digits --shipped` measures them.
FIGURES = {
    1: (9907, 4967, 25_122, 3712, 222_135, 338_655),
    2: (9919, 4960, 25_134, 3712, 222_387, 339_093),
    3: (9914, 4958, 25_134, 3712, 222_589, 339_336),
}
LEAST_RIGHT, MOST_FLASH, MOST_RAM, MOST_MS = 0.99, 32 * 1024, 6 * 1024, 10


@pytest.fixture(scope="module", params=files.SEEDS)
def seed(request) -> int:
    return request.param


@pytest.fixture(scope="module")
def graph(seed):
    return files.integer_graph(files.path(seed))


def test_the_digits_right_are_exactly_these(seed, graph):
    data = mnist.load()
    found = measured.right(graph, data.x_test, data.y_test)
    if len(data.x_test) != 10_000:
        assert found / len(data.x_test) > LEAST_RIGHT - 0.005
        return
    assert (found, measured.right(graph, *split.held_out(data))) == FIGURES[seed][:2]
    assert found / 10_000 >= LEAST_RIGHT


def test_bytes_and_cycles_are_exactly_these(seed, graph):
    found = measured.cost(graph)
    assert (found.flash_bytes, found.ram_bytes, found.core_cycles, found.cycles) == FIGURES[seed][2:]


def test_the_whole_program_keeps_its_promise(graph, tmp_path):
    data = mnist.load()
    found = measured.on_board(graph, data.x_test[0], tmp_path / "program")
    assert found.flash_bytes <= MOST_FLASH and found.ram_bytes <= MOST_RAM and found.milliseconds <= MOST_MS
    assert found.answer == measured.outputs(graph, data.x_test[:1])[0].argmax()


def test_core_this_machine_and_numpy_agree(graph, tmp_path):
    images = mnist.load().x_test[:100]
    here, fed = measured.outputs(graph, images), integers.fed(graph, measured.as_input(images))
    np.testing.assert_array_equal(here, integers.reference(graph, fed).reshape(here.shape))
    driver.emit_bundle(graph, tmp_path / "core", "digits", driver.Target("cortex-m0plus", form="fast"))
    np.testing.assert_array_equal(here[:5], EmulatedBundle(tmp_path / "core").run(fed[:5]).reshape(5, -1))


def test_every_weight_has_four_bits_and_every_scale_is_a_power_of_two(graph):
    for node in graph.in_order():
        if node.kind in files.WEIGHTED:
            assert 4 <= np.abs(node.inputs[1].node.data.astype(int)).max() <= 7
        assert node.output.type.offset == 0 and np.log2(node.output.type.scale) % 1 == 0


def test_a_missing_file_names_the_command(tmp_path):
    with pytest.raises(MissingInput, match="python -m helpers digits"):
        files.integer_graph(files.path(1, tmp_path))
    shutil.copy(files.path(1), tmp_path)
    with pytest.raises(MissingInput, match="seed1.yaml"):
        files.integer_graph(files.path(1, tmp_path))
