"""What the patcher is to make: the note's bundle for the note's two kinds of board."""

import pytest

from helpers.common import artifacts
from helpers.firmware import main_c
from helpers.inference.bundle_header import BundleHeader, Placeholder

HELLO_WORLD = artifacts.PROJECTS / "ke16z" / "source" / "hello_world.c"
EXAMPLE = artifacts.PROJECTS / "rt1060" / "source" / "main.c"


def _placeholder(name, element, shape, size, address):
    """A placeholder as the note's header describes it, its scale left out."""
    return Placeholder(name, f"MNIST_NXP_{name}", element, shape, 1.0, 0, size, address)


def _header(output):
    image = _placeholder("max_pooling_1_input", "i8", (1, 28, 28, 1), 784, 0)
    result = _placeholder("dense_2", output, (1, 10), 10, 832)
    return BundleHeader("mnist_nxp", 2176, 896, 1088, 64, {each.name: each for each in (image, result)})


@pytest.fixture
def example():
    """The main.c that the note's steps start from."""
    return main_c.read(EXAMPLE)


@pytest.fixture
def make_target():
    """Function: the note's bundle on FRDM-KE16Z, with the output's element type and the weights' place to choose."""

    def make(output="i8", weights="flash"):
        return main_c.Target(_header(output), hello_world=main_c.read(HELLO_WORLD), weights=weights)

    return make


@pytest.fixture
def target(make_target):
    """The note's bundle on FRDM-KE16Z, weights in flash."""
    return make_target()
