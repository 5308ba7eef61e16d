"""The networks: the note's and the LeNet it is compared with; what a layer costs; how one is read from a file."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common import artifacts
from helpers.common.errors import BadParameter
from helpers.network.keras import keras, of_version
from helpers.network.keras_files import loading

IMAGE = (28, 28, 1)  # height, width, channels
CLASSES = 10


def note_network() -> keras.Sequential:
    """The note's network of 1,662 parameters (section 4), named so that ONNX and Glow get the note's names."""
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
    """The LeNet of the note's Table 1: the layers whose parameters add up to its 1,256,080."""
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
FILES = ("shipped", "own")


def build(network: str = "note", seed: int | None = None) -> keras.Sequential:
    """One of NETWORKS by name, compiled; with a seed its first weights are the same every time."""
    if network not in NETWORKS:
        raise BadParameter(f"{network!r} is no network here", remedy=f"use one of {', '.join(NETWORKS)}")
    if seed is not None:
        keras.utils.set_random_seed(seed)
    return compiled(NETWORKS[network]())


def compiled(model: keras.Model) -> keras.Model:
    """The note's compile step: Adam, cross-entropy from logits (the last layer has no softmax), accuracy."""
    losses = of_version(3 if loading.is_newer(model) else 2).losses
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    return model


def file_of(network: str) -> Path:
    """The file of a trained network: `shipped` is the workbook's own, `own` is what notebook 02 wrote."""
    if network not in FILES:
        raise BadParameter(f"{network!r} is no trained network", remedy=f"use one of {', '.join(FILES)}")
    return artifacts.DATA / "mnist.h5" if network == "shipped" else artifacts.need("mnist.h5")


def load_h5(path) -> keras.Model:
    """A network from a .h5 or .keras of Keras 2 or 3, compiled; raises MissingInput, BadInput or Unsupported (see
    helpers.network.keras_files.loading).
    """
    return compiled(loading.load(path))


def as_input(images: np.ndarray) -> np.ndarray:
    """uint8 images (n, 28, 28) as the network takes them: float32 (n, 28, 28, 1) in 0..1, the note's pre-processing."""
    return images[..., None].astype(np.float32) * np.float32(1 / 255)


@dataclass(frozen=True)
class LayerCost:
    """What one layer costs: stored numbers, multiply-accumulates an image, and the numbers it puts out."""

    name: str
    kind: str
    output: tuple[int, ...]
    parameters: int
    macs: int
    activations: int


def cost(model: keras.Sequential) -> list[LayerCost]:
    """The cost of each layer, computed from the model; batch size 1."""
    return [_cost(layer) for layer in model.layers]


def _cost(layer) -> LayerCost:
    output = tuple(layer.output_shape[1:])
    # A convolution uses its whole kernel for each place of its output, a dense layer each weight once.
    places = math.prod(output[:2]) if isinstance(layer, keras.layers.Conv2D) else 1
    weights = sum(weight.shape.num_elements() for weight in layer.weights if weight.shape.rank > 1)
    kind = type(layer).__name__
    return LayerCost(layer.name, kind, output, layer.count_params(), places * weights, math.prod(output))


def activations(model: keras.Sequential, image: np.ndarray) -> dict[str, np.ndarray]:
    """Each layer's output for one float32 image (28, 28, 1), by the layer's name, in order."""
    every = keras.Model(model.inputs, [layer.output for layer in model.layers])
    outputs = every.predict(image[None], verbose=0)
    return {layer.name: output[0] for layer, output in zip(model.layers, outputs, strict=True)}
