"""Counting an inference in C and in Python: every figure is the same, for every form."""

import dataclasses
from pathlib import Path

import pytest

from helpers.compiler import driver, targets
from helpers.compiler.profiling import profile
from helpers.hardware.counting import library
from helpers.inference import bundle_arrays, measurement
from helpers.inference.emulated_bundle import EmulatedBundle

REFERENCE = Path(__file__).parents[1] / "reference"
FORMS = [(core, form) for core in ("cortex-m0plus", "cortex-m7") for form in targets.of(core)]


@pytest.fixture(scope="module")
def network():
    request = driver.Request({"N": 1}, profile.read(REFERENCE / "profile.yaml"), convert_placeholders=True)
    return driver.compiled_graph(REFERENCE / "MNIST_NXP.onnx", request)


@pytest.mark.parametrize(("core", "form"), FORMS)
def test_both_counts_are_equal(network, tmp_path, core, form):
    driver.emit_bundle(network, tmp_path / "bundle", "net", driver.Target(core, form=form))
    bundle = EmulatedBundle(tmp_path / "bundle", core=core)
    image = bundle_arrays.at_random(bundle.header)
    compiled = figures(bundle, image, measurement.counter)
    assert figures(bundle, image, measurement.Counter) == compiled
    assert compiled["cycles"] == pytest.approx(sum(compiled["cycles_of"].values()), abs=len(compiled["cycles_of"]))
    for address, size in bundle.blocks:  # instructions are remembered by their bytes
        code = bundle.code[address : address + size]
        assert bundle.analyst._analyse(address, code) == bundle.blocks[address, size][0]


def figures(bundle, image, counter):
    found = dataclasses.asdict(bundle.measure(image, counter))
    return found | {"output": found["output"].tolist(), "order": list(found["cycles_of"])}


def test_the_compiled_counter_is_taken_unless_it_cannot_be_had(network, tmp_path, monkeypatch):
    driver.emit_bundle(network, tmp_path / "bundle", "net", driver.Target("cortex-m0plus", form=targets.PLAIN))
    bundle, kinds = EmulatedBundle(tmp_path / "bundle"), []
    image = bundle_arrays.at_random(bundle.header)

    def noted(machine):
        kinds.append(measurement.counter(machine))
        return kinds[-1]

    bundle.measure(image, noted)
    monkeypatch.setattr(library, "load", lambda: None)
    bundle.measure(image, noted)
    assert [type(kind) for kind in kinds] == [measurement.CompiledCounter, measurement.Counter]
