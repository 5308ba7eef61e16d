"""The form with the least RAM on the emulated core: bit for bit the integer reference, and what it costs."""

from pathlib import Path

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.compiler import driver, interpreter
from helpers.compiler.commands import commands
from helpers.compiler.profiling import profile
from helpers.data import images, mnist
from helpers.inference import bundle_header
from helpers.inference.emulated_bundle import IN_PLACE, EmulatedBundle

REFERENCE = Path(__file__).parents[3] / "reference"
# Of the shipped test image on a zero-wait M0+; may grow by three parts in a hundred.
CYCLES, FLASH, RAM = 115_405, 5_612, 436
GROWTH = 1.03


@pytest.fixture(scope="module")
def graph():
    request = driver.Request({"N": 1}, profile.read(REFERENCE / "profile.yaml"), convert_placeholders=True)
    return driver.compiled_graph(REFERENCE / "MNIST_NXP.onnx", request)


@pytest.fixture(scope="module")
def folder(graph, tmp_path_factory):
    folder = tmp_path_factory.mktemp("least_ram") / "bundle"
    driver.emit_bundle(graph, folder, "mnist_nxp", driver.Target("cortex-m0", form="least-ram"))
    return folder


@pytest.fixture(scope="module")
def bundle(folder):
    return EmulatedBundle(folder)


def pixels(grey: np.ndarray) -> np.ndarray:
    return (grey.astype(np.int16) - 128).astype(np.int8)[..., None]


def extremes() -> np.ndarray:
    """Flat images, stripes both ways and shifted, noise in black and white."""
    y, x = np.mgrid[:28, :28]
    patterns = [(y // a + x // b) % 2 == phase for a in (1, 2, 4, 28) for b in (1, 2, 4, 28) for phase in (0, 1)]
    noise = np.random.default_rng(5).random((60, 28, 28)) < np.linspace(0.05, 0.95, 60)[:, None, None]
    return pixels(np.concatenate([np.array(patterns), noise]).astype(np.uint8) * 255)


def agrees(graph, bundle, given: np.ndarray) -> bool:
    return np.array_equal(bundle.run(given), interpreter.run(graph, {"max_pooling_1_input": given})["dense_2"])


def test_extremes_agree_with_the_reference(graph, bundle):
    assert agrees(graph, bundle, extremes())


def test_digits_agree_with_the_reference(graph, bundle):
    assert agrees(graph, bundle, pixels(mnist.load().x_test[:300]))


@pytest.mark.slow
def test_every_digit_agrees_with_the_reference(graph, bundle):
    assert agrees(graph, bundle, pixels(mnist.load().x_test))


def test_figures_do_not_get_worse(bundle):
    image = images.read_png(artifacts.DATA / "current_test_image.png").reshape(28, 28)
    measured = bundle.measure(pixels(image))
    assert measured.cycles <= GROWTH * CYCLES
    assert bundle.flash_bytes <= GROWTH * FLASH
    assert bundle.header.mutable + bundle.header.activations <= RAM
    assert measured.stack_bytes <= 120


def test_the_header_says_that_the_input_is_read_in_place(folder):
    header, text = bundle_header.read(folder / "mnist_nxp.h"), (folder / "mnist_nxp.h").read_text()
    assert header.input.in_place and not header.output.in_place
    assert (header.input.bytes, header.input.address, header.output.address, header.mutable) == (784, 0, 4, 16)
    assert header.alignment == 4
    assert "#define MNIST_NXP_max_pooling_1_input_IN_PLACE 1" in text
    assert text.count("Read in place: at this offset goes the address of its elements") == 1


def test_nothing_is_written_to_the_input(bundle):
    """It may lie in flash."""
    given = extremes()[40:41]
    bundle.run(given)
    assert bytes(bundle.uc.mem_read(IN_PLACE, 784)) == given.tobytes()


def test_the_dynamic_api_is_refused(note_model, note_profile, capsys, tmp_path):
    words = [
        f"-model={note_model}",
        f"-load-profile={note_profile}",
        "-onnx-define-symbol=N,1",
        "-convert-placeholders",
    ]
    target = ["-target=arm", "-mcpu=cortex-m0plus", "-mcpu-form=least-ram", f"-emit-bundle={tmp_path / 'b'}"]
    assert commands.model_compiler([*words, *target, "-bundle-api=dynamic"]) == 2
    assert "-mcpu-form=least-ram needs -bundle-api=static" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
    assert commands.model_compiler([*words, *target]) == 0
