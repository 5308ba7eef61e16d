"""The note's network in the fast forms: real Glow's outputs, its interface, and what it costs."""

import dataclasses

import numpy as np
import pytest

from helpers.compiler import driver, interpreter
from helpers.compiler.backends import memory_plan
from helpers.compiler.commands import commands
from helpers.compiler.driver import FORMS
from helpers.compiler.numerics import affine
from helpers.compiler.quantisation import quantiser
from helpers.data import mnist
from helpers.inference import bundle_header
from helpers.inference.emulated_bundle import EmulatedBundle

# Cycles of the shipped test image on a zero-wait M0+ and bytes of code and constants, which may grow by three parts in a
# hundred; and the most bytes of activations and stack.
FIGURES = {
    "fast": (42_365, 8_876, 1_088, 120), "small-flash": (47_620, 6_280, 1_088, 120), "small-ram": (46_031, 8_676, 420, 144),
    "skip-blank": (29_814, 9_460, 1_088, 120),
}  # fmt: skip
GROWTH = 1.03


@pytest.fixture(scope="module")
def graph(note):
    return driver.compiled_graph(*note)


@pytest.fixture(scope="module", params=sorted(FORMS))
def form(request):
    return request.param


@pytest.fixture(scope="module")
def bundle(graph, form, tmp_path_factory):
    folder = tmp_path_factory.mktemp("thumb") / "bundle"
    driver.emit_bundle(graph, folder, "mnist_nxp", driver.Target("cortex-m0plus", form=form))
    return EmulatedBundle(folder)


def pixels(images: np.ndarray) -> np.ndarray:
    return (images.astype(np.int16) - 128).astype(np.int8)[..., None]


def extremes() -> np.ndarray:
    """Images that drive sums to their ends: flat, stripes both ways and shifted, blocks, noise in black and white."""
    y, x = np.mgrid[:28, :28]
    patterns = [(y // a + x // b) % 2 == phase for a in (1, 2, 4, 28) for b in (1, 2, 4, 28) for phase in (0, 1)]
    noise = np.random.default_rng(5).random((60, 28, 28)) < np.linspace(0.05, 0.95, 60)[:, None, None]
    return pixels(np.concatenate([np.array(patterns), noise]).astype(np.uint8) * 255)


def test_extremes_agree_with_the_reference(graph, bundle):
    images = extremes()
    assert np.array_equal(bundle.run(images), interpreter.run(graph, {"max_pooling_1_input": images})["dense_2"])


def test_digits_agree_with_the_reference(graph, bundle):
    images = pixels(mnist.load().x_test[:300])
    assert np.array_equal(bundle.run(images), interpreter.run(graph, {"max_pooling_1_input": images})["dense_2"])


@pytest.mark.slow
def test_every_digit_agrees_with_the_reference(graph, bundle):
    images = pixels(mnist.load().x_test)
    assert np.array_equal(bundle.run(images), interpreter.run(graph, {"max_pooling_1_input": images})["dense_2"])


def test_figures_do_not_get_worse(bundle, form, shipped_image):
    measured = bundle.measure(pixels(shipped_image))
    cycles, flash, activations, stack = FIGURES[form]
    assert measured.cycles <= GROWTH * cycles
    assert bundle.flash_bytes <= GROWTH * flash
    assert bundle.header.activations <= activations
    assert measured.stack_bytes <= stack


def test_work_is_equal_for_every_image_but_where_the_form_skips(bundle, form):
    cycles = [bundle.measure(image).cycles for image in extremes()[::12]]
    assert form != "fast" or max(cycles) <= 43_400
    # A clip is a few cycles longer than none.
    assert FORMS[form].skips or max(cycles) - min(cycles) < 0.005 * max(cycles)


def test_blank_digits_are_quick(bundle, form):
    if not FORMS[form].skips:
        pytest.skip("this form does the same work for every image")
    cycles = [bundle.measure(image).cycles for image in pixels(mnist.load().x_test[:25])]
    assert np.mean(cycles) < 35_000


def test_the_constant_region_is_no_larger_than_glows(graph, bundle):
    assert bundle.header.constant <= memory_plan.plan(graph).constant_bytes


def test_the_default_of_the_core_is_fast(graph, tmp_path):
    for number, target in enumerate([driver.Target("cortex-m0plus"), driver.Target("cortex-m0plus", form="fast")]):
        driver.emit_bundle(graph, tmp_path / str(number), "mnist_nxp", target)
    assert (tmp_path / "0" / "mnist_nxp.o").read_bytes() == (tmp_path / "1" / "mnist_nxp.o").read_bytes()


@pytest.mark.parametrize("form", ["", "fast"])
def test_a_float_network_is_plain_and_that_is_said_where_a_form_was_named(note_model, tmp_path, form, capsys):
    words = [f"-model={note_model}", "-onnx-define-symbol=N,1", "-target=arm", "-mcpu=cortex-m0", "-network-name=net"]
    assert commands.model_compiler(
        [*words, f"-emit-bundle={tmp_path / 'b'}", *([f"-mcpu-form={form}"] if form else [])]
    ) in (None, 0)
    assert not (tmp_path / "b" / "net_kernels.S").exists()
    assert ("form fast has no code for this network" in capsys.readouterr().out) == bool(form)


def test_the_command_line_makes_it(note_model, note_profile, tmp_path):
    words = ["-backend=CPU", "-target=arm", "-mcpu=cortex-m0", "-onnx-define-symbol=N,1", "-convert-placeholders"]
    where = [f"-model={note_model}", f"-load-profile={note_profile}", f"-emit-bundle={tmp_path / 'b'}"]
    commands.run_model_compiler([*words, *where, "-network-name=net", "-mcpu-form=fast"])
    header = bundle_header.read(tmp_path / "b" / "net.h")
    assert (header.input.address, header.output.address, header.mutable) == (0, 832, 896)
    assert header.constant == (tmp_path / "b" / "net.weights.bin").stat().st_size


def test_a_form_needs_its_core(note_model, capsys, tmp_path):
    words = [
        f"-model={note_model}",
        "-onnx-define-symbol=N,1",
        "-target=arm",
        "-mcpu=cortex-m7",
        "-mcpu-form=small-flash",
    ]
    assert commands.model_compiler([*words, f"-emit-bundle={tmp_path / 'b'}"]) == 2
    assert "-mcpu-form=small-flash needs one of cortex-m0, cortex-m0plus" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()


def test_layers_of_other_elements_stay_c_and_have_room(note, form, tmp_path):
    model, request = note
    wide = dataclasses.replace(request, configuration=quantiser.Configuration(precision="int16"))
    graph = driver.compiled_graph(model, wide)
    driver.emit_bundle(graph, tmp_path / "wide", "wide", driver.Target("cortex-m0plus", form=form))
    driver.emit_bundle(graph, tmp_path / "plain", "wide", driver.Target("cortex-m0plus", form="plain"))
    image = np.zeros((1, 28, 28, 1), np.int16)
    assert np.array_equal(EmulatedBundle(tmp_path / "wide").run(image), EmulatedBundle(tmp_path / "plain").run(image))


# Cycles of the form fast for other choices of the quantiser; no layer is left to C.
CHOICES = [
    ({"schema": "symmetric"}, 42_875),
    ({"schema": "symmetric_with_uint8"}, 43_709),
    ({"schema": "symmetric_with_power2_scale"}, 40_414),
    ({"channelwise": True}, 45_819),
    ({"rowwise": True}, 45_302),
    ({"schema": "symmetric", "channelwise": True, "rowwise": True}, 45_259),
    ({"bias_precision": "int8", "channelwise": True, "rowwise": True}, 46_639),
]


@pytest.mark.parametrize(("choice", "cycles"), CHOICES)
def test_every_choice_of_the_quantiser_has_fast_code(choice, cycles, note, form, tmp_path, shipped_image):
    model, request = note
    graph = driver.compiled_graph(model, dataclasses.replace(request, configuration=quantiser.Configuration(**choice)))
    driver.emit_bundle(graph, tmp_path / "other", "other", driver.Target("cortex-m0plus", form=form))
    assert not (tmp_path / "other" / "other_layers.c").exists()
    bundle, shape = EmulatedBundle(tmp_path / "other"), (1, 28, 28, 1)
    shipped = affine.quantise(shipped_image.reshape(shape) / np.float32(255), graph.placeholders[0].output.type)
    random = np.random.default_rng(4)
    noise = [random.integers(-128, 128, (4, *shape[1:])), random.choice([-128, 127], (4, *shape[1:]))]
    images = np.concatenate([shipped, *noise]).astype(np.int8)
    assert np.array_equal(bundle.run(images), interpreter.run(graph, {"max_pooling_1_input": images})["dense_2"])
    assert form != "fast" or bundle.measure(images[0]).cycles <= GROWTH * cycles


def test_a_bias_with_an_offset_is_less_its_offset(note, form, tmp_path, shipped_image):
    model, request = note
    narrow = dataclasses.replace(request, configuration=quantiser.Configuration(bias_precision="int8"))
    graph = driver.compiled_graph(model, narrow)
    assert any(node.inputs[2].type.offset for node in graph.nodes if node.kind in ("Convolution", "FullyConnected"))
    driver.emit_bundle(graph, tmp_path / "narrow", "narrow", driver.Target("cortex-m0plus", form=form))
    images = pixels(np.stack([shipped_image, 255 - shipped_image]))
    expected = interpreter.run(graph, {"max_pooling_1_input": images})["dense_2"]
    assert np.array_equal(EmulatedBundle(tmp_path / "narrow").run(images), expected)
