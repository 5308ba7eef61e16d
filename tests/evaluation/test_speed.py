"""The figures of notebook 20: what each form of the note's network costs."""

from pathlib import Path

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.compiler import driver
from helpers.compiler.profiling import profile
from helpers.evaluation import speed

REFERENCE = Path(__file__).parents[1] / "reference"


@pytest.fixture(scope="module")
def graph():
    request = driver.Request({"N": 1}, profile.read(REFERENCE / "profile.yaml"), convert_placeholders=True)
    return driver.compiled_graph(REFERENCE / "MNIST_NXP.onnx", request)


@pytest.fixture(scope="module")
def folder(graph, tmp_path_factory):
    made = tmp_path_factory.mktemp("forms")
    for form in ("plain", "fast", "skip-blank"):
        driver.emit_bundle(graph, made / form, "mnist_nxp", driver.Target("cortex-m0plus", form=form))
    return made


@pytest.fixture(scope="module")
def figures(folder):
    return {form: speed.measure(form, folder / form, np.zeros((1, 28, 28, 1), np.int8)) for form in ("plain", "fast")}


def test_every_cycle_of_the_plain_form_belongs_to_a_layer_or_the_entry(figures):
    plain = figures["plain"]
    assert 0 < plain.cycles - sum(plain.layers.values()) < 500
    assert {"max_pooling_1", "conv_1", "conv_2", "conv_3", "dense_1", "dense_2"} <= set(plain.layers)


def test_the_fast_form_is_nine_times_faster_than_real_glow(figures):
    assert figures["fast"].cycles * 9 < speed.OTHERS["real Glow (2021 style)"]
    assert figures["fast"].cycles * 5 < figures["plain"].cycles
    assert figures["fast"].ram_bytes <= figures["plain"].ram_bytes
    assert figures["fast"].cycles < figures["fast"].cycles_one_wait < 2 * figures["fast"].cycles


def test_the_average_tells_whose_time_depends_on_the_image(folder):
    images = np.stack([np.full((28, 28, 1), -128), np.random.default_rng(0).integers(-128, 128, (28, 28, 1))]).astype(
        np.int8
    )
    fast, skipping = (speed.average(form, folder / form, images) for form in ("fast", "skip-blank"))
    assert not fast.depends_on_image and skipping.depends_on_image
    ones = [speed.measure("skip-blank", folder / "skip-blank", image) for image in images]
    assert (skipping.fewest, skipping.most) == tuple(each.cycles for each in ones)
    assert skipping.cycles == pytest.approx(sum(each.cycles for each in ones) / 2, abs=1)
    assert skipping.cycles_one_wait == pytest.approx(sum(each.cycles_one_wait for each in ones) / 2, abs=1)
    assert set(skipping.layers) == set(ones[0].layers)


def test_hot_loops_in_ram_cost_ram_and_spare_waits(folder, figures):
    images = np.random.default_rng(0).integers(-128, 128, (2, 28, 28, 1)).astype(np.int8)
    artifacts.write_text(artifacts.build("test_image.inc"), "1,\n" * 784)
    found, fast = speed.hot_loops_in_ram(folder / "fast", images), figures["fast"]
    assert fast.cycles < found.cycles_one_wait < (fast.cycles + fast.cycles_one_wait) / 2
    assert 3000 < found.code_bytes < fast.flash_bytes


def test_a_form_is_beaten_only_by_one_that_costs_no_more_of_anything():
    def form(name, cycles, flash, ram):
        return speed.Figures(name, cycles, 2 * cycles, flash, ram, 0, {})

    small, quick, worse, same = (
        form("small", 9, 1, 1),
        form("quick", 1, 9, 1),
        form("worse", 9, 9, 1),
        form("same", 9, 1, 1),
    )
    every = [small, quick, worse, same]
    assert [speed.beaten_by(each, every) for each in every] == [[], [], ["small", "quick", "same"], []]


def test_cycles_of_a_product_are_those_of_its_layer(figures, graph):
    each = speed.cycles_each(figures["fast"], graph)
    assert list(each) == ["conv_1", "conv_2", "conv_3", "dense_1", "dense_2"]
    assert each["dense_2"] == figures["fast"].layers["dense_2"] / (28 * 10)
    assert each["conv_2"] < speed.SCALAR_FLOOR
