"""Find the road's .h5, and compute its network in numpy from the weights, for environments without TensorFlow."""

import json
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from helpers.common import artifacts
from helpers.common.errors import BadParameter, MissingPackage

_KINDS = ("MaxPooling2D", "Conv2D", "Flatten", "Dense", "Dropout")
FILES = ("shipped", "own")
_REMEDY = "run `make full`, which installs TensorFlow"


def file_of(network: str) -> Path:
    """Return the path of a trained network: `shipped` comes with the workbook, `own` was written by notebook 02."""
    if network not in FILES:
        raise BadParameter(f"{network!r} is no trained network", remedy=f"use one of {', '.join(FILES)}")
    return artifacts.DATA / "mnist.h5" if network == "shipped" else artifacts.need("mnist.h5")


@dataclass(frozen=True)
class Layer:
    """A layer as the file describes it: its name, kind, activation (relu or linear), and its weights (kernel, bias) if any."""

    name: str
    kind: str
    activation: str
    weights: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class StoredNetwork:
    """A network of convolutions, maximum pools and dense layers, with those names of keras.Sequential that the road uses."""

    layers: tuple[Layer, ...]

    def count_params(self) -> int:
        """Return the number of weights and biases."""
        return sum(array.size for layer in self.layers for array in layer.weights)

    def predict(self, images: np.ndarray, verbose: int = 0) -> np.ndarray:
        """Compute the outputs, float32 (n, classes), of float32 images (n, height, width, channels).

        verbose: as in Keras; there is no progress to show.
        """
        values = images.astype(np.float32)
        for layer in self.layers:
            values = _computed(layer, values)
        return values


def read(path) -> StoredNetwork:
    """Read a Keras 2 .h5 of the note's kinds of layers; raises MissingPackage for a network that only Keras can compute."""
    with h5py.File(Path(path), "r") as file:
        described = json.loads(file.attrs["model_config"])["config"]["layers"]
        kept = [each for each in described if each["class_name"] != "InputLayer"]
        layers = tuple(_layer(each, file["model_weights"], path) for each in kept)
    return StoredNetwork(layers)


def _layer(described: dict, weights: h5py.Group, path) -> Layer:
    kind, config = described["class_name"], described["config"]
    plain = kind != "Conv2D" or (config["padding"] == "same" and tuple(config["strides"]) == (1, 1))
    pool = kind != "MaxPooling2D" or tuple(config["pool_size"]) == tuple(config["strides"]) == (2, 2)
    activation = config.get("activation", "linear")
    if kind not in _KINDS or activation not in ("relu", "linear") or not (plain and pool):
        what = f"has a layer {config['name']} of kind {kind} that numpy alone does not compute here"
        raise MissingPackage(what, where=artifacts.shown(path), remedy=_REMEDY)
    names = weights[config["name"]].attrs["weight_names"]
    return Layer(config["name"], kind, activation, tuple(np.array(weights[config["name"]][name]) for name in names))


def _computed(layer: Layer, values: np.ndarray) -> np.ndarray:
    """Compute one layer of a batch (n, ...); Dropout passes its input on."""
    if layer.kind == "MaxPooling2D":
        n, height, width, channels = values.shape
        whole = values[:, : height // 2 * 2, : width // 2 * 2]
        values = whole.reshape(n, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
    elif layer.kind == "Conv2D":
        values = _convolved(values, *layer.weights)
    elif layer.kind == "Flatten":
        values = values.reshape(len(values), -1)
    elif layer.kind == "Dense":
        kernel, bias = layer.weights
        values = values @ kernel + bias
    return np.maximum(values, 0) if layer.activation == "relu" else values


def _convolved(values: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Convolve (n, height, width, in) with a kernel (rows, columns, in, out), zeros around the edge."""
    rows, columns = kernel.shape[:2]
    height, width = values.shape[1:3]
    around = [((size - 1) // 2, size // 2) for size in (rows, columns)]
    padded = np.pad(values, ((0, 0), *around, (0, 0)))
    taps = ((row, column) for row in range(rows) for column in range(columns))
    return bias + sum(
        padded[:, row : row + height, column : column + width] @ kernel[row, column] for row, column in taps
    )
