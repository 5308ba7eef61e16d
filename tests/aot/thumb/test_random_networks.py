"""Random networks in every fast form, on the emulated core, against the integer reference: bit for bit."""

import numpy as np
import pytest
import random_networks

from helpers.aot import compile as compiler
from helpers.aot import execute
from helpers.aot.compile import FORMS
from helpers.emulated_bundle import EmulatedBundle


def check(seed: int, form: str, folder) -> None:
    maker = random_networks.Maker(seed)
    graph = maker.network()
    images = random_networks.inputs(graph.placeholders[0].output.type.shape, seed)
    expected = execute.run(graph, {"x": images})["y"]
    compiler.emit_bundle(graph, folder / "bundle", "net", compiler.Target("cortex-m0plus", form=form))
    got = EmulatedBundle(folder / "bundle").run(images)
    assert np.array_equal(got, expected), f"seed {seed}, form {form}: {'; '.join(maker.done)}"


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("seed", range(6))
def test_a_few(seed, form, tmp_path):
    check(seed, form, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("form", sorted(FORMS))
def test_many(form, tmp_path):
    for seed in range(100, 150):
        check(seed, form, tmp_path)
