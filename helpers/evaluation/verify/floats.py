"""The forms that other programs compute: Keras, TFLite and ONNX, each a function from real inputs to real outputs."""

import contextlib
import functools
import re
import textwrap
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from helpers.common import artifacts, named_arrays
from helpers.common.errors import BadInput, BadParameter, Unsupported, WorkbookError
from helpers.common.named_arrays import Arrays
from helpers.compiler.frontends import wording
from helpers.compiler.frontends.onnx import file as onnx_file
from helpers.compiler.frontends.onnx import importer as onnx_importer

KERAS = (".h5", ".hdf5", ".keras")
# Arrays in the order of the network's inputs and outputs. Raises Unsupported for a network that the other program refuses.
Run = Callable[[Arrays], Arrays]
LONGEST_REASON = 160  # characters of another program's words


@dataclass(frozen=True)
class Source:
    """file: what the compiler reads; symbols: values for its named dimensions; forms: name and function, the file's own last.

    detours: forms that are made for the comparison alone; what the compiler reads does not depend on them.
    """

    file: Path
    symbols: dict[str, int]
    forms: tuple[tuple[str, Run], ...]
    detours: frozenset[str] = frozenset()


def source(model, folder: Path) -> Source:
    """Return the forms of a .h5, .keras, .onnx or .tflite; converted files are written into `folder`.

    Raises MissingInput, BadInput or Unsupported for an invalid file, BadParameter for another ending.
    """
    model = Path(model)
    kinds = {**dict.fromkeys(KERAS, _keras), ".onnx": _onnx, ".tflite": _tflite}
    if model.suffix not in kinds:
        raise BadParameter(
            f"is no model by its name: {model.name}", remedy=f"name a file that ends in {', '.join(kinds)}"
        )
    return kinds[model.suffix](model, folder)


def _onnx(model: Path, _folder: Path) -> Source:
    checked = onnx_file.checked_model(model)
    given = {tensor.name for tensor in checked.graph.initializer}
    inputs = [info for info in checked.graph.input if info.name not in given]
    for info in inputs:
        _check_input(model, info)
    dimensions = [each for info in inputs for each in info.type.tensor_type.shape.dim]
    symbols = {each.dim_param: 1 for each in dimensions if each.dim_param}
    return Source(model, symbols, (("ONNX", _by_onnx_runtime(checked.SerializeToString)),))


def _check_input(model: Path, info) -> None:
    """Reject inputs that need a model-compiler option which these commands lack: another type, an unknown length.

    Raises Unsupported, or BadInput if a length other than the batch (the first) is neither a number nor named.
    """
    name, dimensions, element = info.name, info.type.tensor_type.shape.dim, info.type.tensor_type.elem_type
    if element not in onnx_importer.INPUTS:
        what = f"input {wording.quoted(name)} has elements of type {onnx.TensorProto.DataType.Name(element)}"
        raise Unsupported(what, where=model, remedy="export the network with an input of FLOAT, INT8 or UINT8")
    open_axes = [axis for axis, each in enumerate(dimensions) if axis and each.dim_value < 1 and not each.dim_param]
    if open_axes:
        lengths = [
            each.dim_value if each.dim_value > 0 else "LENGTH" if axis else 1 for axis, each in enumerate(dimensions)
        ]
        words = f"--input_name {name} --input_shape {','.join(map(str, lengths))} {model.name} fixed.onnx"
        remedy = f"fix it: python -m onnxruntime.tools.make_dynamic_shape_fixed {words}"
        raise BadInput(
            f"the length of axis {open_axes[0]} of input {wording.quoted(name)} is open", where=model, remedy=remedy
        )


def _by_onnx_runtime(network: Callable[[], bytes]) -> Run:
    """Run ONNX Runtime one sample at a time: some networks mix the samples of a batch, and some only accept a batch of 1."""

    def run(inputs: Arrays) -> Arrays:
        from helpers.network import onnx_session  # whoever runs nothing need not load it

        with _refusals("onnxruntime"):
            content, count = network(), len(named_arrays.in_order(inputs)[0])
            parts = [onnx_session.run(content, _sample(inputs, n)) for n in range(count)]
        return named_arrays.joined(parts) if isinstance(parts[0], Mapping) else np.concatenate(parts)

    return run


def _sample(inputs: Arrays, n: int) -> Arrays:
    return named_arrays.each(inputs, lambda array: array[n : n + 1])


def _keras(model: Path, folder: Path) -> Source:
    from helpers.network import cnn, onnx_export  # TensorFlow takes seconds to load

    network = cnn.load_h5(model)
    converted = artifacts.write_bytes(folder / f"{model.stem}.onnx", onnx_export.convert(network).SerializeToString())
    found = _onnx(converted, folder)

    def predict(x: Arrays) -> Arrays:
        with _refusals("Keras"):
            return network.predict(x, batch_size=1, verbose=0)

    return Source(converted, found.symbols, (("Keras", predict), *found.forms))


def _tflite(model: Path, _folder: Path) -> Source:
    reference = functools.cache(lambda: _Tflite(model))  # TensorFlow takes seconds to load, and only a run needs it
    by_onnx = _by_onnx_runtime(lambda: reference().as_onnx())
    runs = {"ONNX": lambda: by_onnx, "TFLite": lambda: reference().run}
    forms = tuple((name, _real(run, reference)) for name, run in runs.items())
    return Source(model, {}, forms, frozenset({"ONNX"}))


class _Tflite:
    """Run TFLite's interpreter with its reference kernels. Our importer must accept the file first: TensorFlow checks less."""

    def __init__(self, model: Path):
        from helpers.network.keras import quietly, tf

        self.model, self.quietly = model, quietly
        with _refusals("TFLite's interpreter"), quietly(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the interpreter announces that it will move to a package of its own
            kernels = tf.lite.experimental.OpResolverType.BUILTIN_REF
            self.interpreter = tf.lite.Interpreter(str(model), experimental_op_resolver_type=kernels)
        self.first, self.last = self.interpreter.get_input_details(), self.interpreter.get_output_details()

    def as_onnx(self) -> bytes:
        """Return the file as ONNX."""
        import tf2onnx.convert

        with _refusals("tf2onnx"), self.quietly():
            return tf2onnx.convert.from_tflite(str(self.model))[0].SerializeToString()

    def run(self, inputs: Arrays) -> Arrays:
        """Compute the outputs, one sample at a time; each begins a sequence."""
        outputs = []
        with _refusals("TFLite's interpreter"), self.quietly():
            self.interpreter.allocate_tensors()
            for arrays in zip(*named_arrays.in_order(inputs), strict=True):
                for each, array in zip(self.first, arrays, strict=True):
                    self.interpreter.set_tensor(each["index"], array[None])
                self.interpreter.reset_all_variables()
                self.interpreter.invoke()
                tensors = {each["name"]: self.interpreter.get_tensor(each["index"]) for each in self.last}
                outputs.append({name: np.atleast_1d(tensor) for name, tensor in tensors.items()})
        return named_arrays.alone(named_arrays.joined(outputs))


@contextlib.contextmanager
def _refusals(whose: str):
    """Convert any exception of another program to Unsupported, with its message on one line."""
    try:
        yield
    except WorkbookError:
        raise
    except Exception as error:  # onnxruntime, tf2onnx and TensorFlow each raise their own
        reason = _in_short(str(error)) or type(error).__name__
        remedy = "go by the other forms, which do not depend on it"
        raise Unsupported(f"{whose} refuses the network: {reason}", remedy=remedy) from None


def _in_short(words: str) -> str:
    """Return the first meaningful sentence of a message on one line, without a full stop."""
    words = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : |Name:'' ", "", " ".join(words.split()))
    words = re.sub(r"^Non-zero status code returned while running (.*?)\. (Name:\S+ )?Status Message: ", r"\1: ", words)
    words = re.split(r"(?<=[a-z0-9'\"])\. (?=[A-Z])", words)[0]
    return textwrap.shorten(words, LONGEST_REASON, placeholder=" ...").rstrip(".? ")


def _real(run: Callable[[], Run], reference: Callable[[], _Tflite]) -> Run:
    """Wrap a function so that it maps real numbers to real numbers, even if the network's inputs and outputs are integers."""

    def fed(inputs: Arrays) -> Arrays:
        first, last = reference().first, reference().last
        arrays = zip(first, named_arrays.in_order(inputs), strict=True)
        outputs = named_arrays.in_order(run()({each["name"]: _integers(each, array) for each, array in arrays}))
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
