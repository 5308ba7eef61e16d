"""The trained network of the road: with TensorFlow Keras computes and converts it, without it numpy computes the shipped one."""

from pathlib import Path

import numpy as np
import onnx

from helpers.common import artifacts, machine
from helpers.common.errors import MissingPackage
from helpers.data.mnist import as_input as as_input
from helpers.network import onnx_session
from helpers.network.keras_files import stored
from helpers.network.keras_files.stored import file_of

SHIPPED_ONNX = artifacts.DATA / "MNIST_NXP.onnx"  # data/mnist.h5, exported by helpers.network.onnx_export


def computed_by() -> str:
    """Say who computes the network here: Keras, or numpy in the light environment."""
    return "numpy (no TensorFlow here)" if machine.is_light() else "Keras"


def load(network: str):
    """Load a trained network: a keras.Model, or a stored.StoredNetwork where TensorFlow is missing.

    Raises what cnn.load_h5 raises, and MissingPackage for a network of your own without TensorFlow.
    """
    path = file_of(network)
    if not machine.is_light():
        from helpers.network import cnn  # TensorFlow takes seconds to load

        return cnn.load_h5(path)
    _check_shipped(network)
    return stored.read(path)


def convert(model) -> onnx.ModelProto:
    """Convert a network that `load` returned to ONNX; without TensorFlow this reads the file that it was converted to."""
    if not machine.is_light():
        from helpers.network import onnx_export

        return onnx_export.convert(model)
    return onnx.load(SHIPPED_ONNX)


def export(network: str, onnx_path) -> float:
    """Write a trained network as ONNX; returns the largest difference from its outputs on 100 random images.

    Raises what onnx_export.export raises, and MissingPackage for a network of your own without TensorFlow.
    """
    if not machine.is_light():
        from helpers.network import onnx_export

        return onnx_export.export(file_of(network), onnx_path).largest_difference
    images = np.random.default_rng(1).random((100, 28, 28, 1), np.float32)
    difference = np.abs(load(network).predict(images) - run(SHIPPED_ONNX, images)).max()
    artifacts.write_bytes(onnx_path, SHIPPED_ONNX.read_bytes())
    return float(difference)


def run(path: Path, images: np.ndarray) -> np.ndarray:
    """Compute the outputs of an ONNX file for float32 images with ONNX Runtime."""
    return onnx_session.run(path, images)


def _check_shipped(network: str) -> None:
    if network != "shipped":
        raise MissingPackage(
            "a network of your own needs TensorFlow, which the light environment leaves out",
            remedy='run `make full`, or set network = "shipped"',
        )
