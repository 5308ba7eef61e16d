"""The note's network on an emulated Cortex-M7: exact, and what it costs."""

from pathlib import Path

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.compiler import driver, interpreter
from helpers.compiler.commands import commands
from helpers.compiler.profiling import profile
from helpers.data import images, mnist
from helpers.inference.emulated_bundle import EmulatedBundle

REFERENCE = Path(__file__).parents[3] / "reference"
PLAIN = {
    "conv_1": 96_812 + 4_865,  # with the pool in front, which is part of it
    "conv_2": 65_386,
    "conv_3": 9_849,
    "dense_1": 9_645,
    "dense_2": 2_683,
}


@pytest.fixture(scope="module")
def graph():
    read = profile.read(REFERENCE / "profile.yaml")
    return driver.compiled_graph(
        REFERENCE / "MNIST_NXP.onnx", driver.Request({"N": 1}, read, convert_placeholders=True)
    )


@pytest.fixture(scope="module")
def bundle(graph, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dsp") / "bundle"
    driver.emit_bundle(graph, folder, "mnist_nxp", driver.Target("cortex-m7", form="fast"))
    return EmulatedBundle(folder, core="cortex-m7")


def pixels(shown: np.ndarray) -> np.ndarray:
    return (shown.astype(np.int16) - 128).astype(np.int8).reshape(-1, 28, 28, 1)


def test_digits_agree_with_the_reference(graph, bundle):
    digits = pixels(mnist.load().x_test[:200])
    assert np.array_equal(bundle.run(digits), interpreter.run(graph, {"max_pooling_1_input": digits})["dense_2"])


def test_extremes_agree_with_the_reference(graph, bundle):
    y, x = np.mgrid[:28, :28]
    stripes = [(y // a + x // b) % 2 == phase for a in (1, 2, 4, 28) for b in (1, 2, 4, 28) for phase in (0, 1)]
    noise = np.random.default_rng(5).random((60, 28, 28)) < np.linspace(0.05, 0.95, 60)[:, None, None]
    shown = pixels(np.concatenate([np.array(stripes), noise]).astype(np.uint8) * 255)
    assert np.array_equal(bundle.run(shown), interpreter.run(graph, {"max_pooling_1_input": shown})["dense_2"])


def test_the_header_names_the_form(bundle):
    assert bundle.header.form == "fast"


def test_every_layer_is_quicker_than_plain_c(bundle):
    shown = pixels(images.read_png(artifacts.DATA / "current_test_image.png"))[0]
    found = dict.fromkeys(PLAIN, 0)
    for name, cycles in bundle.measure(shown).cycles_of.items():
        for layer in (each for each in PLAIN if each in name):
            found[layer] += cycles
    assert all(0 < found[layer] < 0.4 * PLAIN[layer] for layer in PLAIN), found


def test_the_command_line_takes_it_unless_told_otherwise(note_model, note_profile, tmp_path):
    words = ["-target=arm", "-mcpu=cortex-m7", "-float-abi=hard", "-onnx-define-symbol=N,1", "-convert-placeholders"]
    words += [f"-model={note_model}", f"-load-profile={note_profile}", "-network-name=net"]
    for form, intrinsic in (("", True), ("fast", True), ("plain", False)):
        asked = [f"-mcpu-form={form}"] if form else []
        commands.run_model_compiler([*words, *asked, f"-emit-bundle={tmp_path / 'b'}"])
        assert ("smlad" in (tmp_path / "b" / "net.c").read_text()) == intrinsic
