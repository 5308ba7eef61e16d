"""Networks of int16 activations, kept with what TensorFlow Lite's reference kernels answer: bit for bit (random_int16.py)."""

import int16_files
import numpy as np
import pytest
import random_int16
import random_tflite
from every_form import CASES

RANDOM = len(random_int16.SAVED)
COUNT = RANDOM + len(int16_files.files())


@pytest.fixture(scope="module")
def networks():
    return random_tflite.load(random_int16.KEPT)


@pytest.mark.parametrize("number", range(COUNT))
def test_a_network_equals_the_reference_kernels(number, networks):
    forms, network = CASES, networks[number]
    mixed = network.what == "int8 behind int16"  # all others are plain C in every form, so that one is enough
    for case in (None, *(forms if mixed else (forms[number % len(forms)],))):
        assert random_tflite.disagreement(network, case) is None


def test_what_is_kept_has_every_kind(networks):
    what, edges = "; ".join(network.what for network in networks), {network.inputs.dtype.name for network in networks}
    kinds = (
        "conv", "depthwise", "dense", "add", "max_pooling2d", "average_pooling2d", "global average", "softmax", "sigmoid",
        "tanh", "leaky", "relu", "pad", "concatenation", "slice", "transpose", "product", "difference", "maximum", "biases of 32",
    )  # fmt: skip
    assert len(networks) == COUNT and [kind for kind in kinds if kind not in what] == []
    assert edges == {"int16", "float32"} and {each.outputs.dtype.name for each in networks} == {
        "int16",
        "float32",
        "int8",
    }
    assert {network.what for network in networks[RANDOM:]} == set(int16_files.files())


def test_a_wrong_answer_is_found(networks):
    spoilt = random_tflite.Network(networks[-1].content, networks[-1].inputs, networks[-1].outputs ^ np.int8(1))
    size = spoilt.outputs.size
    assert random_tflite.disagreement(spoilt, None) == f"reference: {size} of {size} outputs differ: "
