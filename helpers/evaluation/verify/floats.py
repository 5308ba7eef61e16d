"""The forms that others compute: Keras, TFLite and ONNX, each a function from real inputs to real outputs."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common import artifacts, named_arrays
from helpers.common.errors import BadParameter
from helpers.common.named_arrays import Arrays
from helpers.compiler import driver
from helpers.compiler.frontends.onnx import file as onnx_file
from helpers.network import onnx_session

KERAS = (".h5", ".hdf5", ".keras")
Run = Callable[[Arrays], Arrays]  # arrays in the order of the network's inputs and outputs


@dataclass(frozen=True)
class Source:
    """file: what the compiler reads; symbols: values for its named dimensions; forms: name and function, the file's own last."""

    file: Path
    symbols: dict[str, int]
    forms: tuple[tuple[str, Run], ...]


def source(model, folder: Path) -> Source:
    """The forms of a .h5, .keras, .onnx or .tflite; what has to be converted is written into `folder`.

    Raises MissingInput, BadInput or Unsupported for a file that is not sound, BadParameter for another ending.
    """
    model = Path(model)
    kinds = {**dict.fromkeys(KERAS, _keras), ".onnx": _onnx, ".tflite": _tflite}
    if model.suffix not in kinds:
        raise BadParameter(
            f"is no model by its name: {model.name}", remedy=f"name a file that ends in {', '.join(kinds)}"
        )
    return kinds[model.suffix](model, folder)


def _onnx(model: Path, folder: Path) -> Source:
    checked = onnx_file.checked_model(model)
    content = checked.SerializeToString()  # with the weights that lie beside it
    dimensions = [each for info in checked.graph.input for each in info.type.tensor_type.shape.dim]
    symbols = {each.dim_param: 1 for each in dimensions if each.dim_param}
    return Source(model, symbols, (("ONNX", lambda inputs: onnx_session.run(content, inputs)),))


def _keras(model: Path, folder: Path) -> Source:
    from helpers.network import cnn, onnx_export  # TensorFlow takes seconds to load

    network = cnn.load_h5(model)
    converted = artifacts.write_bytes(folder / f"{model.stem}.onnx", onnx_export.convert(network).SerializeToString())
    found = _onnx(converted, folder)
    return Source(converted, found.symbols, (("Keras", lambda x: network.predict(x, verbose=0)), *found.forms))


def _tflite(model: Path, folder: Path) -> Source:
    driver.float_graph(model, {})  # refuses what is not sound before TensorFlow sees it
    from helpers.network.keras import quietly, tf  # TensorFlow takes seconds to load

    # isort: split
    import tf2onnx.convert

    with quietly(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the interpreter announces that it will move to a package of its own
        reference = tf.lite.experimental.OpResolverType.BUILTIN_REF
        interpreter = tf.lite.Interpreter(str(model), experimental_op_resolver_type=reference)
        interpreter.allocate_tensors()
        converted = tf2onnx.convert.from_tflite(str(model))[0].SerializeToString()
    edges = interpreter.get_input_details(), interpreter.get_output_details()
    forms = {"ONNX": lambda inputs: onnx_session.run(converted, inputs), "TFLite": lambda x: _interpret(interpreter, x)}
    return Source(model, {}, tuple((name, _real(run, *edges)) for name, run in forms.items()))


def _interpret(interpreter, inputs: Arrays) -> Arrays:
    first, last = interpreter.get_input_details(), interpreter.get_output_details()
    outputs = []
    for arrays in zip(*named_arrays.in_order(inputs), strict=True):
        for each, array in zip(first, arrays, strict=True):
            interpreter.set_tensor(each["index"], array[None])
        interpreter.invoke()
        outputs.append({each["name"]: np.atleast_1d(interpreter.get_tensor(each["index"])) for each in last})
    return named_arrays.alone(named_arrays.joined(outputs))


def _real(run: Run, first: list[dict], last: list[dict]) -> Run:
    """The same function from real numbers to real numbers, where the network takes and gives integers."""

    def fed(inputs: Arrays) -> Arrays:
        arrays = zip(first, named_arrays.in_order(inputs), strict=True)
        outputs = named_arrays.in_order(run({each["name"]: _integers(each, array) for each, array in arrays}))
        return named_arrays.alone(
            {each["name"]: _numbers(each, array) for each, array in zip(last, outputs, strict=True)}
        )

    return fed


def _integers(edge: dict, array: np.ndarray) -> np.ndarray:
    scale, zero = edge["quantization"]
    if not scale:
        return array
    limits = np.iinfo(edge["dtype"])
    return np.clip(np.rint(array / np.float32(scale) + zero), limits.min, limits.max).astype(edge["dtype"])


def _numbers(edge: dict, array: np.ndarray) -> np.ndarray:
    scale, zero = edge["quantization"]
    return (array.astype(np.float32) - zero) * np.float32(scale) if scale else array
