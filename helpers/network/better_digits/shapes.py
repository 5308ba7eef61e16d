"""Candidates for a better shape than the note's. Their cost is known before any of them is trained."""

from collections.abc import Callable

from helpers.common.errors import BadParameter
from helpers.network import cnn
from helpers.network.keras import keras

CHOSEN = "strided"


def _strided() -> list:
    """Two 5 x 5 convolutions that move by two pixels: each computes only the quarter of its results that a pool would keep."""
    return [
        _convolution(1, 8, 5, strides=2),
        _convolution(2, 16, 5, strides=2),
        _convolution(3, 32, 3),
    ]


def _narrow() -> list:
    """The same with half of the channels at the end, and no third convolution."""
    return [_convolution(1, 8, 5, strides=2), _convolution(2, 16, 5, strides=2)]


def _pooled() -> list:
    """A 3 x 3 convolution that computes every place, and a pool that keeps a quarter of them."""
    layers = keras.layers
    return [
        _convolution(1, 8, 5, strides=2),
        _convolution(2, 16, 3),
        layers.MaxPooling2D((2, 2), name="max_pooling_1"),
        _convolution(3, 32, 3),
    ]


def _depthwise() -> list:
    """Filters that see one channel, and 1 x 1 convolutions that mix the channels."""
    layers = keras.layers
    return [
        _convolution(1, 8, 5, strides=2),
        layers.DepthwiseConv2D((3, 3), activation="relu", name="depthwise_2"),
        _convolution(2, 16, 1),
        layers.DepthwiseConv2D((3, 3), strides=2, activation="relu", name="depthwise_3"),
        _convolution(3, 32, 1),
    ]


SHAPES: dict[str, Callable[[], list]] = {
    CHOSEN: _strided,
    "narrow": _narrow,
    "pooled": _pooled,
    "depthwise": _depthwise,
}


def build(shape: str = CHOSEN, seed: int = 1) -> keras.Sequential:
    """Build one of SHAPES, untrained: float32 images [n, 28, 28, 1] in 0..1 become ten logits. Equal seeds give equal weights.

    Raises BadParameter for an unknown shape.
    """
    if shape not in SHAPES:
        raise BadParameter(f"{shape!r} is no shape here", remedy=f"use one of {', '.join(SHAPES)}")
    keras.utils.set_random_seed(seed)
    inputs = keras.layers.InputLayer(cnn.IMAGE, name="image")
    ends = [keras.layers.Flatten(name="flatten"), keras.layers.Dense(cnn.CLASSES, name="dense_1")]
    return keras.Sequential([inputs, *SHAPES[shape](), *ends], name="digits")


def _convolution(number: int, filters: int, size: int, strides: int = 1):
    return keras.layers.Conv2D(filters, (size, size), strides=strides, activation="relu", name=f"conv_{number}")
