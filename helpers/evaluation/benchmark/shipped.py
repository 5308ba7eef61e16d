"""The shipped network and image, with which figures do not depend on what the reader has trained."""

from pathlib import Path

import numpy as np

from helpers.common import artifacts
from helpers.compiler import driver
from helpers.compiler.commands import commands
from helpers.compiler.ir.graph import Graph
from helpers.compiler.profiling import profile
from helpers.data import images

INPUT, IMAGE = "max_pooling_1_input", artifacts.DATA / "current_test_image.png"


def files(folder: Path) -> tuple[Path, Path]:
    """Write the network as ONNX and the profile of the shipped image into a folder."""
    from helpers.network import onnx_export  # TensorFlow takes seconds to load

    model, ranges = folder / "MNIST_NXP.onnx", folder / "profile.yaml"
    onnx_export.export(artifacts.DATA / "mnist.h5", model)
    words = ["-image-mode=0to1", "-image-layout=NHWC", "-onnx-define-symbol=N,1", f"-model-input-name={INPUT}"]
    commands.run_image_classifier([str(IMAGE), *words, f"-model={model}", f"-dump-profile={ranges}"])
    return model, ranges


def graph(model: Path, ranges: Path) -> Graph:
    """Return the integer graph, quantised as in the note."""
    return driver.compiled_graph(model, driver.Request({"N": 1}, profile.read(ranges), convert_placeholders=True))


def image() -> np.ndarray:
    """Return the shipped image as the network's input: int8 [28, 28, 1]."""
    return as_int8(images.read_png(IMAGE)).reshape(28, 28, 1)


def as_int8(pixels: np.ndarray) -> np.ndarray:
    """Subtract 128 from pixels 0 to 255."""
    return (pixels.astype(np.int16) - 128).astype(np.int8)
