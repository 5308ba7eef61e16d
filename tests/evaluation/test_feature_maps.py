"""Each layer's float numbers beside its integers: the right partners, and as close as quantisation allows."""

import numpy as np
import onnxruntime
import pytest

from helpers.common import artifacts
from helpers.data import strokes
from helpers.evaluation import feature_maps

REFERENCE = artifacts.ROOT / "tests" / "reference"
PIXELS = strokes.pixels(strokes.examples()[5])


@pytest.fixture(scope="module")
def layers():
    return feature_maps.layers(REFERENCE / "MNIST_NXP.onnx", REFERENCE / "profile100.yaml", PIXELS)


def test_every_layer_of_the_note_is_there(layers):
    assert [layer.name for layer in layers] == [
        "max_pooling_1", "conv_1", "max_pooling_2", "conv_2", "max_pooling_3", "conv_3", "dense_1", "dense_1, ReLU", "dense_2",
    ]  # fmt: skip
    assert layers[1].real.shape == layers[1].integers.shape == (14, 14, 4)


def test_the_float_numbers_are_those_of_the_network(layers):
    session = onnxruntime.InferenceSession(REFERENCE / "MNIST_NXP.onnx", providers=["CPUExecutionProvider"])
    image = PIXELS[None, :, :, None].astype(np.float32) / 255
    expected = session.run(None, {session.get_inputs()[0].name: image})[0][0]
    assert np.allclose(layers[-1].real, expected, atol=1e-3)


def test_a_convolution_is_compared_after_its_relu(layers):
    assert layers[1].real.min() == 0 and (layers[1].real > 0).any()


def test_the_integers_are_close(layers):
    assert layers[0].error.max() < 0.51
    assert all(np.median(layer.error) < 2 for layer in layers)
    assert np.allclose(layers[3].real_of_integers, layers[3].scale * (layers[3].integers.astype(int) + 128))
