"""Rounding in training, to the marks that the compiler will use: scales that are powers of two, and few bits a weight.

Glow's schema `symmetric_with_power2_scale` gives every value a power of two as its scale, and 0 as its offset. So does this
module. A weight may be narrower than 8 bits: it then uses the middle of the 256 marks, and sums of products stay small.
"""

from dataclasses import dataclass

import numpy as np

from helpers.common.errors import BadParameter, Unsupported
from helpers.network.keras import keras, tf
from helpers.network.training import check

INT8 = (-128, 127)
INPUT_SCALE = 2.0**-7  # pixels are 0 to 1: int8 0 to 127, and 1.0 becomes 127
SEEN = 0.9999  # share of a layer's results that its range must hold; the others saturate
FINER = 4  # scales that are tried for a layer's weights: the one that holds all, its half, its quarter, ...


@dataclass(frozen=True)
class Scales:
    """The scale of each layer's weights and results, by the layer's name, and the largest integer of a weight."""

    weights: dict[str, float]
    results: dict[str, float]
    largest: int


def measure(network: keras.Sequential, images: np.ndarray, bits: int) -> Scales:
    """Choose scales for a float network. images: float32 [n, 28, 28, 1] for the ranges of results; bits: of a weight, 2 to 8.

    Of the scales of weights, the one with the least squared error is taken. Raises BadParameter for another number of bits.
    """
    check(bits=(bits, 2, 8))
    layers, largest = weighted(network), 2 ** (bits - 1) - 1
    outputs = keras.Model(network.inputs, [layer.output for layer in layers]).predict(images, verbose=0)
    ends = [float(np.quantile(np.abs(found), SEEN)) for found in outputs]
    return Scales(
        {layer.name: _scale_of_weights(layer.get_weights()[0], largest) for layer in layers},
        {layer.name: power_of_two(end / INT8[1]) for layer, end in zip(layers, ends, strict=True)},
        largest,
    )


def power_of_two(number: float) -> float:
    """Return the smallest power of two that is not below a positive number. Raises BadParameter for another."""
    if not 0 < number < np.inf:
        raise BadParameter(f"{number!r} has no scale", remedy="train a network whose layers are not all zero")
    return float(2.0 ** np.ceil(np.log2(number)))


def _scale_of_weights(weights: np.ndarray, largest: int) -> float:
    coarsest = power_of_two(float(np.abs(weights).max()) / largest)
    scales = [coarsest / 2**halved for halved in range(FINER)]
    errors = [float(((on_marks(weights, scale, largest) - weights) ** 2).sum()) for scale in scales]
    return scales[int(np.argmin(errors))]


def on_marks(weights: np.ndarray, scale: float, largest: int) -> np.ndarray:
    """Round weights to whole multiples of `scale`, at most `largest` of them in either direction; float32."""
    return (np.clip(np.rint(weights / scale), -largest, largest) * scale).astype(np.float32)


def rounded(values, scale: float, low: int, high: int):
    """Round a tensor to multiples of `scale` from low to high; the slope is 1 within that range, and 0 outside."""
    inside = tf.clip_by_value(values, low * scale, high * scale)
    return inside + tf.stop_gradient(tf.round(inside / scale) * scale - inside)


def forward(network: keras.Sequential, scales: Scales, images):
    """Compute logits [n, 10] from images [n, 28, 28, 1], rounded to the integer code's marks; training can go through it.

    The integer code rounds halves up and biases to integers. So one of its logits may be a mark away now and then.
    Raises Unsupported for a layer that is no convolution, pool, flatten or dense layer.
    """
    values = rounded(images, INPUT_SCALE, *INT8)
    for layer in network.layers:
        if layer.name in scales.weights:
            values = rounded(_sums(layer, scales, values), scales.results[layer.name], *INT8)
        else:
            values = layer(values)
    return values


def _sums(layer, scales: Scales, values):
    kernel, bias = layer.weights
    kernel = rounded(kernel, scales.weights[layer.name], -scales.largest, scales.largest)
    if isinstance(layer, keras.layers.Conv2D):
        return layer.activation(tf.nn.conv2d(values, kernel, layer.strides, layer.padding.upper()) + bias)
    return layer.activation(values @ kernel + bias)


def round_weights(network: keras.Sequential, scales: Scales) -> None:
    """Put a network's weights on their marks, in place; biases stay as they are."""
    for layer in weighted(network):
        kernel, bias = layer.get_weights()
        layer.set_weights([on_marks(kernel, scales.weights[layer.name], scales.largest), bias])


def weighted(network: keras.Sequential) -> list:
    """Return the layers with weights, in order; raises Unsupported for others than Conv2D and Dense."""
    found = [layer for layer in network.layers if layer.weights]
    for layer in found:
        if type(layer) not in (keras.layers.Conv2D, keras.layers.Dense):
            what = f"{type(layer).__name__} cannot be rounded in training here"
            raise Unsupported(what, where=layer.name, remedy="use Conv2D and Dense layers")
    return found
