"""Each form of code is the best at something: none is beaten by another in flash, RAM and cycles at once, on any network.

Plain C is left out: it is what any core runs, and what a reader reads.
"""

from dataclasses import astuple, dataclass
from pathlib import Path

import int8_networks
import numpy as np
import pytest

from helpers.common.errors import Unsupported
from helpers.compiler import driver, interpreter, targets
from helpers.inference.emulated_bundle import EmulatedBundle

CORE = "cortex-m0plus"
# A converted file with a softmax, which is C in every form.
DENSE = Path(__file__).parents[2] / "tflite" / "dense.tflite"
GROWTH = 1.03  # what figures may grow by before the test fails

# Bytes of flash and cycles, by form: update them from what a failing test prints.
HELD = {
    "note": {"fast": (7664, 47_116), "small-flash": (3208, 213_525), "least-ram": (3492, 197_636)},
    "separable": {"fast": (19_240, 110_592), "small-flash": (4592, 401_370), "least-ram": (5084, 429_654)},
    "autoencoder": {"fast": (54_276, 58_227), "small-flash": (21_632, 106_574), "least-ram": (21_636, 106_576)},
    "residual": {"fast": (34_478, 641_002), "small-flash": (8922, 1_289_184), "least-ram": (10_134, 1_338_532)},
    "speech": {"fast": (19_756, 261_127), "small-flash": (5516, 491_491), "least-ram": (6084, 547_080)},
}


@dataclass(frozen=True)
class Cost:
    """Bytes of flash and of RAM, the stack included, and cycles of an inference."""

    flash: int
    ram: int
    cycles: int

    def beats(self, other: "Cost") -> bool:
        return self != other and all(mine <= its for mine, its in zip(astuple(self), astuple(other), strict=True))


def mostly_blank(shape) -> np.ndarray:
    """An input as skip-blank is meant for: its first quarter is at random, the rest is the lowest element."""
    elements = np.full(shape, -128, np.int8)
    some = elements.size // 4
    elements.reshape(-1)[:some] = np.random.default_rng(3).integers(-128, 128, some)
    return elements


def costs(graph, folder) -> dict[str, Cost]:
    """What each form costs that has code of its own; every output is the reference's."""
    image = mostly_blank(graph.placeholders[0].output.type.shape)
    expected, found = interpreter.run(graph, {"input": image})["output"], {}
    for form in (each for each in targets.of(CORE) if each != targets.PLAIN):
        target = driver.Target(CORE, form=form)
        if driver.form_of(graph, target) != form:
            continue
        try:
            driver.emit_bundle(graph, folder / form, "net", target)
        except Unsupported:
            continue
        bundle = EmulatedBundle(folder / form)
        one = bundle.measure(image[0])
        assert np.array_equal(np.reshape(one.output, -1), np.reshape(expected, -1)), form
        ram = bundle.header.mutable + bundle.header.activations + one.stack_bytes
        found[form] = Cost(bundle.flash_bytes, ram, one.cycles)
    return found


@pytest.mark.parametrize("name", int8_networks.NETWORKS)
def test_no_form_is_beaten(name, tmp_path):
    found = costs(int8_networks.NETWORKS[name](), tmp_path)
    assert len(found) >= 4
    beaten = [
        f"{form} {cost} by {other} {better}"
        for form, cost in found.items()
        for other, better in found.items()
        if better.beats(cost)
    ]
    assert not beaten
    grown = {
        form: found[form]
        for form, (flash, cycles) in HELD[name].items()
        if found[form].flash > flash * GROWTH or found[form].cycles > cycles * GROWTH
    }
    assert not grown


def test_small_flash_takes_the_least_flash_where_a_layer_is_c(tmp_path):
    """Its C is compiled for size unless it sums products; as fast C it made the form larger than least-ram."""
    graph, flash = driver.compiled_graph(DENSE, driver.Request()), {}
    for form in set(targets.of(CORE)) - {targets.PLAIN}:
        driver.emit_bundle(graph, tmp_path / form, "net", driver.Target(CORE, form=form))
        flash[form] = EmulatedBundle(tmp_path / form).flash_bytes
    assert min(flash, key=lambda form: flash[form]) == targets.SMALL_FLASH, flash
