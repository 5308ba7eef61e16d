"""One sample at a time, and what others refuse is a row: the other rows are there.

The exit status is 1, unless what is refused is a copy that only this command makes.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from helpers.evaluation.verify import cli, floats

TFLITE = Path(__file__).parents[2] / "compiler" / "tflite" / "operators"


def weights(name: str, *shape):
    return numpy_helper.from_array(np.random.default_rng(len(shape)).normal(0, 0.4, shape).astype(np.float32), name)


def saved(folder, nodes, constants, x: list, y: list) -> Path:
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", x), ("y", y))]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), folder / "net.onnx")
    return folder / "net.onnx"


def verified(model: Path, x: np.ndarray, capsys) -> tuple[int, dict]:
    np.savez(model.with_suffix(".npz"), x=x)
    status = cli.main([str(model), "--images", str(model.with_suffix(".npz")), "--form", "plain", "--json"])
    found = json.loads(capsys.readouterr().out)
    return status, {row["form"]: row for row in found["rows"]}


def test_a_reshape_to_one_row_and_a_sum_over_the_batch_are_taken_sample_by_sample(tmp_path, capsys):
    x = np.random.default_rng(3).uniform(-1, 1, (6, 6)).astype(np.float32)
    node = helper.make_node
    shape = numpy_helper.from_array(np.array([1, -1]), "shape")
    reshaped = [node("Reshape", ["x", "shape"], ["f"]), node("Gemm", ["f", "w"], ["y"])]
    mixed = [
        node("Gemm", ["x", "w"], ["g"]),
        node("ReduceMean", ["g"], ["m"], axes=[0], keepdims=1),
        node("Add", ["g", "m"], ["y"]),
    ]
    for nodes, constants in ((reshaped, [weights("w", 6, 3), shape]), (mixed, [weights("w", 6, 3)])):
        model = saved(tmp_path, nodes, constants, ["N", 6], ["N", 3])
        status, rows = verified(model, x, capsys)
        assert status == 0 and rows["integers (numpy)"]["same_class"] >= 5
        assert rows["integers (numpy)"]["largest_difference"] < 0.1


def test_what_onnxruntime_refuses_is_a_row(tmp_path, capsys):
    """A dilated convolution with automatic padding, which the compiler takes."""
    node = helper.make_node("Conv", ["x", "w"], ["y"], auto_pad="SAME_UPPER", dilations=[2, 2])
    model = saved(tmp_path, [node], [weights("w", 2, 1, 3, 3)], [1, 1, 8, 8], [1, 2, 8, 8])
    status, rows = verified(model, np.ones((3, 1, 8, 8), np.float32), capsys)
    assert status == 1 and not rows["ONNX"]["compared"]
    assert rows["ONNX"]["refused"].startswith("onnxruntime refuses the network: ")
    assert "Dilation not supported" in rows["ONNX"]["refused"] and "ONNXRuntimeError" not in rows["ONNX"]["refused"]
    assert rows["compiled here"]["same_class"] == 3 and rows["cortex-m0plus, plain"]["bit_equal"]
    words = [str(model), "--images", str(model.with_suffix(".npz")), "--form", "plain"]
    assert cli.main(words) == 1
    said = capsys.readouterr().out
    assert "\nONNX: cannot be compared: onnxruntime refuses" in said and said.endswith("\ncannot be compared: ONNX\n")


def _copied(name, folder):
    """A file of one operator in a folder of its own, and four inputs."""
    model = folder / f"{name}.tflite"
    model.write_bytes((TFLITE / model.name).read_bytes())
    return model, np.random.default_rng(3).uniform(-1, 1, (4, *_shape(model))).astype(np.float32)


def test_what_tensorflow_refuses_is_a_row(tmp_path, capsys, monkeypatch):
    """Its reference kernels of today have no ELU of int8; of the file's two forms by others each has its own reason."""

    def refuse(self, *_):
        with floats._refusals("TFLite's interpreter"):
            raise ValueError("Didn't find op for builtin opcode 'ELU' version '1'.\nAre you using an old binary?")

    monkeypatch.setattr(floats._Tflite, "__init__", refuse)
    status, rows = verified(*_copied("elu", tmp_path), capsys)
    assert status == 1 and not rows["TFLite"]["compared"] and not rows["ONNX"]["compared"]
    assert not rows["TFLite"]["detour"]
    assert "\n" not in rows["TFLite"]["refused"] and "?." not in rows["TFLite"]["refused"]
    assert rows["cortex-m0plus, plain"]["bit_equal"]


def test_a_tflite_file_that_cannot_become_onnx_is_judged_by_tflite_alone(tmp_path, capsys, monkeypatch):
    """As one of 16 bits: the compiler reads the file as it is, and no form depends on the copy that tf2onnx makes."""

    def refuse(self):
        with floats._refusals("tf2onnx"):
            raise ValueError("make_sure failure: int16")

    monkeypatch.setattr(floats._Tflite, "as_onnx", refuse)
    status, rows = verified(*_copied("relu", tmp_path), capsys)
    assert status == 0 and rows["ONNX"]["detour"] and rows["ONNX"]["refused"].startswith("tf2onnx refuses")
    assert rows["TFLite"]["compared"] and rows["integers (numpy)"]["same_class"] == 4
    words = [str(tmp_path / "relu.tflite"), "--images", str(tmp_path / "relu.npz"), "--form", "plain"]
    assert cli.main(words) == 0
    assert capsys.readouterr().out.endswith("\nEvery form gives what it should. Left out: ONNX.\n")


def _shape(model: Path) -> tuple[int, ...]:
    from helpers.compiler import driver

    (edge,) = driver.float_graph(model, {}).placeholders
    return edge.output.type.shape[1:]


@pytest.mark.parametrize("number", [1, 3])
def test_another_number_of_values_is_a_row(number, tmp_path, capsys, monkeypatch):
    run = floats._by_onnx_runtime
    model = saved(tmp_path, [helper.make_node("Gemm", ["x", "w"], ["y"])], [weights("w", 6, 3)], ["N", 6], ["N", 3])
    monkeypatch.setattr(floats, "_by_onnx_runtime", lambda network: lambda x: run(network)(x)[:, :number])
    status, rows = verified(model, np.ones((2, 6), np.float32), capsys)
    assert rows["ONNX"]["compared"] == (number == 3)
    assert status == (0 if number == 3 else 1)
