"""The common parts of the three cases: arrays, a network, a training that takes seconds."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common import artifacts
from helpers.common.errors import BadParameter
from helpers.network import onnx_export
from helpers.network.keras import keras

MOST_EPOCHS = 1000


@dataclass(frozen=True)
class Case:
    """A task: float32 inputs [n, ...], their labels as int [n], and the layers of the network that learns it.

    reconstructs: the network learns to reproduce its input, from inputs of label 0 only (anomaly detection);
    else it has one output per label. origin: where the data come from.
    """

    name: str
    origin: str
    labels: tuple[str, ...]
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    layers: Callable[[], list]
    reconstructs: bool = False
    epochs: int = 20

    def network(self, seed: int = 1) -> keras.Sequential:
        """Build the untrained network; equal seeds give equal initial weights."""
        keras.utils.set_random_seed(seed)
        inputs = keras.layers.InputLayer(self.x_train.shape[1:], name=f"{self.name}_input")
        return keras.Sequential([inputs, *self.layers()], name=self.name)


def train(case: Case, model: keras.Sequential, epochs: int | None = None) -> list[float]:
    """Train with Adam and return the loss after each epoch (None: the case's own number of them).

    Raises BadParameter for a number of epochs out of range.
    """
    epochs = case.epochs if epochs is None else epochs
    if not isinstance(epochs, int) or not 1 <= epochs <= MOST_EPOCHS:
        raise BadParameter(f"is {epochs!r}", where="epochs", remedy=f"use a whole number from 1 to {MOST_EPOCHS}")
    loss = "mse" if case.reconstructs else keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss)
    wanted = case.x_train if case.reconstructs else case.y_train
    return model.fit(case.x_train, wanted, batch_size=64, epochs=epochs, verbose=0).history["loss"]


def save(model: keras.Sequential, path: Path, trained: bool = True) -> Path:
    """Write a network as ONNX, its batch named N; an untrained one keeps its zero biases, which training will change."""
    proto = onnx_export.convert(model) if trained else onnx_export.convert_untrained(model)
    return artifacts.write_bytes(path, proto.SerializeToString(deterministic=True))


def write_profile_inputs(case: Case, folder: Path, count: int = 100) -> Path:
    """Write each of the first training inputs to a raw float32 file for model-profiler; returns the folder."""
    with artifacts.replacing_folder(folder, r"\d+\.bin") as fresh:
        for number, each in enumerate(case.x_train[:count]):
            (fresh / f"{number:04d}.bin").write_bytes(each.astype("<f4").tobytes())
    return folder


def accuracy(case: Case, outputs: np.ndarray) -> float:
    """Return the share of test inputs whose highest output is their label (0 to 1)."""
    return float((outputs.argmax(1) == case.y_test).mean())


def errors(inputs: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return the mean squared error of each reconstruction, float [n]."""
    return ((outputs.reshape(len(inputs), -1) - inputs.reshape(len(inputs), -1)) ** 2).mean(1)
