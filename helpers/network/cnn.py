"""The note's network and the LeNet it is compared with: build them, read them from a file, count a layer's cost."""

import math
from dataclasses import dataclass

import numpy as np

from helpers.common.errors import BadParameter
from helpers.data.mnist import as_input as as_input
from helpers.network.keras import keras, of_version
from helpers.network.keras_files import loading
from helpers.network.keras_files.stored import file_of as file_of

IMAGE = (28, 28, 1)  # height, width, channels
CLASSES = 10


def note_network() -> keras.Sequential:
    """Build the note's network of 1,662 parameters (section 4), named so that ONNX and Glow get the note's names."""
    layers = keras.layers
    return keras.Sequential(
        [
            layers.MaxPooling2D((2, 2), input_shape=IMAGE, name="max_pooling_1"),
            layers.Conv2D(4, (3, 3), padding="same", activation="relu", name="conv_1"),
            layers.MaxPooling2D((2, 2), name="max_pooling_2"),
            layers.Conv2D(4, (3, 3), padding="same", activation="relu", name="conv_2"),
            layers.MaxPooling2D((2, 2), name="max_pooling_3"),
            layers.Conv2D(4, (3, 3), padding="same", activation="relu", name="conv_3"),
            layers.Flatten(name="flatten"),
            layers.Dense(28, activation="relu", name="dense_1"),
            layers.Dropout(0.2, name="dropout"),
            layers.Dense(CLASSES, name="dense_2"),
        ],
        name="sequential",
    )


def lenet() -> keras.Sequential:
    """Build the LeNet of the note's Table 1, whose parameters add up to 1,256,080."""
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Conv2D(20, (5, 5), padding="same", activation="relu", input_shape=IMAGE, name="conv_1"),
            layers.MaxPooling2D((2, 2), name="max_pooling_1"),
            layers.Conv2D(50, (5, 5), padding="same", activation="relu", name="conv_2"),
            layers.MaxPooling2D((2, 2), name="max_pooling_2"),
            layers.Flatten(name="flatten"),
            layers.Dense(500, activation="relu", name="dense_1"),
            layers.Dense(CLASSES, name="dense_2"),
        ],
        name="lenet",
    )


NETWORKS = {"note": note_network, "lenet": lenet}


def build(network: str = "note", seed: int | None = None) -> keras.Sequential:
    """Build and compile one of NETWORKS by name; equal seeds give equal initial weights."""
    if network not in NETWORKS:
        raise BadParameter(f"{network!r} is no network here", remedy=f"use one of {', '.join(NETWORKS)}")
    if seed is not None:
        keras.utils.set_random_seed(seed)
    return compiled(NETWORKS[network]())


def compiled(model: keras.Model) -> keras.Model:
    """Compile a network as the note does: Adam, cross-entropy from logits (the last layer has no softmax), accuracy."""
    losses = of_version(3 if loading.is_newer(model) else 2).losses
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    return model


def load_h5(path) -> keras.Model:
    """Load and compile a network from a .h5 or .keras of Keras 2 or 3.

    Raises MissingInput, BadInput or Unsupported (see helpers.network.keras_files.loading).
    """
    return compiled(loading.load(path))


@dataclass(frozen=True)
class LayerCost:
    """The cost of one layer: parameters, multiply-accumulates per image, and output values."""

    name: str
    kind: str
    output: tuple[int, ...]
    parameters: int
    macs: int
    activations: int


def cost(model: keras.Sequential) -> list[LayerCost]:
    """Compute the cost of each layer for batch size 1."""
    return [_cost(layer) for layer in model.layers]


def _cost(layer) -> LayerCost:
    output = tuple(layer.output_shape[1:])
    # A convolution uses its whole kernel for each place of its output, a dense layer each weight once.
    places = math.prod(output[:2]) if isinstance(layer, keras.layers.Conv2D) else 1
    weights = sum(weight.shape.num_elements() for weight in layer.weights if weight.shape.rank > 1)
    kind = type(layer).__name__
    return LayerCost(layer.name, kind, output, layer.count_params(), places * weights, math.prod(output))


def activations(model: keras.Sequential, image: np.ndarray) -> dict[str, np.ndarray]:
    """Return each layer's output for one float32 image (28, 28, 1), by the layer's name, in order."""
    every = keras.Model(model.inputs, [layer.output for layer in model.layers])
    outputs = every.predict(image[None], verbose=0)
    return {layer.name: output[0] for layer, output in zip(model.layers, outputs, strict=True)}
