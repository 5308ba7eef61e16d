"""A hundred networks of every exporter, each against that exporter's own runtime, in every form of every core.

python tests/compiler/doors/every_exporter.py (make doors) prints a line for each that is refused or wrong, and the counts.
float32 is within a thousandth of the exporter's answers; integers that TFLite's converter made are its reference kernels' to the
bit; those of PyTorch and onnxruntime, which have no reference to the bit, are within a few steps. Integers in C, on this machine
and on the emulated cores, are those of numpy to the bit.
"""

import argparse
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1] / "network" / "keras_files")]
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import every_door  # noqa: E402 (it and what follows lie beside this file)
import numpy as np  # noqa: E402
import random_tflite  # noqa: E402
import zoo  # noqa: E402
from every_form import CASES  # noqa: E402
from onnxruntime.quantization import QuantFormat, QuantType  # noqa: E402
from onnxruntime_quantiser import quantised  # noqa: E402

from helpers.common.errors import WorkbookError  # noqa: E402
from helpers.compiler import driver  # noqa: E402

Tried = Callable[[], str]  # what is wrong with a network; empty where nothing is
Entry = tuple[str, Tried]
TFLITE = 20  # of the 50 that are kept
QUANTISED = {  # networks for onnxruntime's quantiser, and most steps of the result off (tests/compiler/quantisation/test_qdq.py)
    "lenet_like": 4, "mobile": 4, "shapes": 1, "upsampling": 4, "audio": 4,
}  # fmt: skip


def stored(folder: Path) -> Iterator[Entry]:
    """Files with the exporter's answers beside them."""
    for path in every_door.files(folder):
        yield path.stem, lambda path=path: every_door.tried(path, forms=True)


def keras_2(folder: Path) -> Iterator[Entry]:
    """Networks of Keras 2, through the converter."""
    import keras_networks

    for name in sorted(keras_networks.NETWORKS):
        yield name, lambda name=name: _keras(keras_networks.model(name), folder / "2", name)


def keras_3(folder: Path) -> Iterator[Entry]:
    """Networks of Keras 3, saved as .keras, read, and converted."""
    import networks

    from helpers.network import cnn
    from helpers.network.keras import of_version

    keras = of_version(3)

    def tried(name: str) -> str:
        keras.utils.set_random_seed(1)
        made, path = networks.NETWORKS[name](keras), folder / f"{name}.keras"
        made.save(path)
        return _keras(cnn.load_h5(path), folder / "3", name)

    for name in sorted(networks.NETWORKS):
        yield name, lambda name=name: tried(name)


def _keras(model, folder: Path, name: str) -> str:
    """A Keras network as a file with Keras's answers beside it."""
    from helpers.network import onnx_export

    folder.mkdir(parents=True, exist_ok=True)
    proto, path = onnx_export.convert(model), folder / f"{name}-keras.onnx"
    for info in (*proto.graph.input, *proto.graph.output):
        info.type.tensor_type.shape.dim[0].dim_value = 1
    path.write_bytes(proto.SerializeToString())
    inputs = np.random.default_rng(1).standard_normal((8, *model.input_shape[1:])).astype(np.float32)
    np.savez(folder / "answers.npz", **{f"{name}-x": inputs, f"{name}-y": model.predict(inputs, verbose=0)})
    return every_door.tried(path, forms=True)


def onnxruntime(folder: Path) -> Iterator[Entry]:
    """Networks that onnxruntime's quantiser quantised, in both formats, per tensor and per channel."""
    ways = {
        "QDQ": {"quant_format": QuantFormat.QDQ, "activation_type": QuantType.QUInt8},
        "QDQ by channel": {"quant_format": QuantFormat.QDQ, "activation_type": QuantType.QInt8, "per_channel": True},
        "QOperator": {"quant_format": QuantFormat.QOperator, "activation_type": QuantType.QUInt8},
    }
    for name, steps in QUANTISED.items():
        for way, options in ways.items():
            yield (
                f"{name}, {way}",
                lambda name=name, steps=steps, options=options: _quantised(name, steps, options, folder),
            )


def _quantised(name: str, steps: int, options: dict, folder: Path) -> str:
    made = zoo.NETWORKS[name]()
    inputs = zoo.samples(made, 20)
    path = quantised(made, folder / "net.onnx", inputs, **options)
    graph = driver.compiled_graph(path, driver.Request())
    last = graph.outputs[0][1]
    step = last.node.inputs[0].type.scale if last.node.kind == "Dequantize" else 1e-3
    computed, wanted = every_door.one_by_one(graph, inputs), _by_onnxruntime(path, inputs)
    difference = np.abs(computed.reshape(wanted.shape) - wanted).max() / step
    if difference > steps + 0.01:
        return f"WRONG by {difference:.1f} steps"
    return every_door.said(every_door.differing_forms(graph, inputs[:2], every=True))


def _by_onnxruntime(path: Path, inputs: np.ndarray) -> np.ndarray:
    """Its answers, of sums that do not saturate in 16 bits, as they do on processors without VNNI.

    In the QDQ format, without rewrites it computes in float32. In the other one, a rewrite makes the sums exact.
    """
    import onnx
    import onnxruntime

    integers = any(each.op_type.startswith("QLinear") for each in onnx.load(path).graph.node)
    levels, options = onnxruntime.GraphOptimizationLevel, onnxruntime.SessionOptions()
    options.graph_optimization_level = levels.ORT_ENABLE_EXTENDED if integers else levels.ORT_DISABLE_ALL
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return np.stack([session.run(None, {session.get_inputs()[0].name: each[None]})[0] for each in inputs])


def tflite() -> Iterator[Entry]:
    """int8 networks of TensorFlow Lite's converter, with what its reference kernels answer, to the bit."""

    def tried(network) -> str:
        found = (random_tflite.tried(network, case) for case in (None, *CASES))
        return next((f"WRONG in {what}" for what in found if what), "")

    for number, network in enumerate(random_tflite.load()[:TFLITE]):
        yield f"random {number}", lambda network=network: tried(network)


def entries(folder: Path) -> dict[str, Iterator[Entry]]:
    """Every network by exporter."""
    return {
        "PyTorch": stored(HERE / "pytorch"), "PyTorch, quantised (PT2E)": stored(HERE / "pt2e"),
        "scikit-learn": stored(HERE / "scikit_learn"), "onnxruntime's quantiser": onnxruntime(folder), "TFLite": tflite(),
        "Keras 2": keras_2(folder), "Keras 3": keras_3(folder),
    }  # fmt: skip


def main() -> int:
    """Try every network; status 1 if one is wrong or refused."""
    line = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    line.add_argument("--only", nargs="+", default=(), help="exporters whose names contain one of these words")
    chosen, right, count = line.parse_args(), 0, 0
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as scratch:
        for exporter, networks in entries(Path(scratch)).items():
            if chosen.only and not any(word in exporter for word in chosen.only):
                continue
            found = [(name, _guarded(tried)) for name, tried in networks]
            print("".join(f"{exporter}, {name}: {what}\n" for name, what in found if what), end="")
            print(f"{exporter}: {sum(not what for _, what in found)} of {len(found)} are right", flush=True)
            right, count = right + sum(not what for _, what in found), count + len(found)
    print(f"{right} of {count} networks are right in every form")
    return 0 if right == count else 1


def _guarded(tried: Tried) -> str:
    try:
        return tried()
    except WorkbookError as error:
        return f"refused: {error}"


if __name__ == "__main__":
    sys.exit(main())
