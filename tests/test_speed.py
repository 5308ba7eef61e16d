"""The figures of notebook 20: what each form of the note's network costs."""

from pathlib import Path

import numpy as np
import pytest

from helpers import speed
from helpers.aot import compile as compiler
from helpers.aot import profile

REFERENCE = Path(__file__).parent / "reference"


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    request = compiler.Request({"N": 1}, profile.read(REFERENCE / "profile.yaml"), convert_placeholders=True)
    graph = compiler.compiled_graph(REFERENCE / "MNIST_NXP.onnx", request)
    folder, image = tmp_path_factory.mktemp("forms"), np.zeros((1, 28, 28, 1), np.int8)
    for form in ("plain", "fast"):
        compiler.emit_bundle(graph, folder / form, "mnist_nxp", compiler.Target("cortex-m0plus", form=form))
    return {form: speed.measure(form, folder / form, image) for form in ("plain", "fast")}


def test_every_cycle_of_the_plain_form_belongs_to_a_layer_or_the_entry(figures):
    plain = figures["plain"]
    assert 0 < plain.cycles - sum(plain.layers.values()) < 500
    assert {"max_pooling_1", "conv_1", "conv_2", "conv_3", "dense_1", "dense_2"} <= set(plain.layers)


def test_the_fast_form_is_nine_times_faster_than_real_glow(figures):
    assert figures["fast"].cycles * 9 < speed.OTHERS["real Glow (2021 style)"]
    assert figures["fast"].cycles * 5 < figures["plain"].cycles
    assert figures["fast"].ram_bytes <= figures["plain"].ram_bytes
    assert figures["fast"].cycles < figures["fast"].cycles_one_wait < 2 * figures["fast"].cycles
