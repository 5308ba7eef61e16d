"""Each layer's output for an image: the float network's real numbers, and the bundle's integers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.compiler import driver, interpreter
from helpers.compiler.ir.graph import Graph
from helpers.compiler.numerics import affine
from helpers.compiler.profiling import profile
from helpers.evaluation import layer_names

_MOVES = ("Reshape", "Transpose")  # kinds that compute nothing


@dataclass(frozen=True)
class Layer:
    """One layer's output for one image: real, float32, and integers, int8, of the same shape without the batch.

    scale: the real value of one integer step. real_of_integers: the real values of the integers.
    """

    name: str
    real: np.ndarray
    integers: np.ndarray
    scale: float
    real_of_integers: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """The error of each integer against the real number, in steps."""
        return np.abs(self.real_of_integers - self.real) / self.scale


def layers(model, profile_file, pixels: np.ndarray) -> list[Layer]:
    """Compute every layer's output for uint8 pixels (28, 28), in order. model: an ONNX file; profile_file: its profile.

    If the bundle computes a layer and its ReLU at once, both count as one layer.
    """
    symbols = {"N": 1}
    request = driver.Request(symbols, profile.read(profile_file), convert_placeholders=True)
    real, whole = driver.float_graph(Path(model), symbols), driver.compiled_graph(Path(model), request)
    image = pixels[None, :, :, None].astype(np.float32) * np.float32(1 / 255)
    placeholder = whole.placeholders[0]
    reals = interpreter.all_values(real, {real.placeholders[0].name: image})
    integers = interpreter.all_values(whole, {placeholder.name: affine.quantise(image, placeholder.output.type)})
    partners = _partners(real, whole)
    return [
        _layer(value.node.name, reals[partners[value.node.name]][0], array[0], value.type)
        for value, array in integers.items()
        if value.node.kind not in _MOVES
    ]


def _partners(real: Graph, whole: Graph) -> dict:
    """Map each integer node's name to its value in the float graph: that of the node of the same name, or of its ReLU."""
    names = {node.name for node in whole.in_order()}
    found = {node.name: node.output for node in real.in_order()}
    for node in real.in_order():
        if node.kind == "Relu" and node.name not in names:
            found[node.inputs[0].node.name] = node.output
    return found


def _layer(name: str, real: np.ndarray, integers: np.ndarray, kind) -> Layer:
    return Layer(layer_names.short(name), real, integers, kind.scale, affine.dequantise(integers, kind))
