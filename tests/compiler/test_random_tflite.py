"""Networks of TensorFlow Lite's converter, kept with what its reference kernels answer: bit for bit (random_tflite.py)."""

import numpy as np
import pytest
import random_tflite
from every_form import CASES

EACH = 2  # forms of a network; all of them take turns


@pytest.fixture(scope="module")
def networks():
    return random_tflite.load()


@pytest.mark.parametrize("number", range(len(random_tflite.SAVED)))
def test_a_network_equals_the_reference_kernels(number, networks):
    forms = CASES
    few = [forms[(EACH * number + each) % len(forms)] for each in range(EACH)]
    cases = few if number < random_tflite.RANDOM else forms
    for case in (None, *cases):
        assert random_tflite.disagreement(networks[number], case) is None


def test_what_is_kept_has_every_kind(networks):
    what = "; ".join(network.what for network in networks)
    kinds = ("conv", "depthwise", "dense", "add", "max_pooling2d", "average_pooling2d", "global average", "softmax")
    assert len(networks) == len(random_tflite.SAVED) and all(kind in what for kind in kinds)


def test_a_wrong_answer_is_found(networks):
    spoilt = random_tflite.Network(networks[0].content, networks[0].inputs, networks[0].outputs ^ np.int8(1))
    size = spoilt.outputs.size
    assert random_tflite.disagreement(spoilt, None) == f"reference: {size} of {size} outputs differ: "
