"""The ONNX project's own test of each operator: ours agrees, or refuses in one line."""

import warnings
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from helpers.common.errors import WorkbookError
from helpers.compiler import driver, interpreter

# Operator, and how many of its node tests at least must agree. The rest has other element types, broadcasts part of a batch,
# interpolates (Resize), drops out in training, or has weights that onnx cannot make constants.
AGREE = {
    "Add": 2, "AveragePool": 19, "BatchNormalization": 2, "Clip": 9, "Concat": 12, "Conv": 6, "ConvTranspose": 10,
    "DequantizeLinear": 1, "Div": 3, "Dropout": 4, "Flatten": 9, "GRU": 6, "Gemm": 11, "GlobalAveragePool": 2,
    "GlobalMaxPool": 2, "HardSigmoid": 3, "Identity": 3, "LSTM": 5, "LeakyRelu": 3, "MatMul": 6, "Max": 4, "MaxPool": 16,
    "Min": 4, "Mul": 3, "PRelu": 2, "Pad": 3, "QLinearConv": 1, "QLinearMatMul": 4, "QuantizeLinear": 2, "ReduceMean": 8,
    "Relu": 1, "Reshape": 9, "Resize": 15, "Sigmoid": 2, "Slice": 7, "Softmax": 7, "Split": 14, "Squeeze": 2, "Sub": 3,
    "Sum": 3, "Tanh": 2, "Transpose": 7, "Unsqueeze": 7, "Upsample": 1,
    "Abs": 1, "Neg": 2, "Exp": 2, "Log": 2, "Sqrt": 2, "Reciprocal": 2, "Erf": 1, "Softsign": 2, "Softplus": 2,
    "Mish": 1, "HardSwish": 1, "Gelu": 4, "Elu": 3, "Selu": 3, "Celu": 3, "Pow": 1, "Gather": 4, "Tile": 2,
    "Expand": 2, "DepthToSpace": 2, "SpaceToDepth": 4, "ReduceSum": 10, "ReduceSumSquare": 8, "ReduceL1": 8,
    "ReduceL2": 8, "ReduceMax": 8, "ReduceMin": 8, "LayerNormalization": 19, "InstanceNormalization": 2,
    "GroupNormalization": 2, "LogSoftmax": 7, "CastLike": 8,
    "Less": 1, "LessOrEqual": 1, "Greater": 1, "GreaterOrEqual": 1, "CumSum": 6,
}  # fmt: skip


@pytest.fixture(scope="module")
def cases() -> dict[str, list]:
    """Operator to (model, inputs, outputs) of the tests that hold it alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.loader import load_model_tests

        found: dict[str, list] = {}
        for case in load_model_tests(kind="node"):
            made = case.model or onnx.load(Path(case.model_dir) / "model.onnx")
            if len(made.graph.node) == 1 and case.data_sets and made.graph.input:
                found.setdefault(made.graph.node[0].op_type, []).append((made, *case.data_sets[0]))
    return found


def array(value):
    return numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else np.asarray(value)


def signed(numbers: np.ndarray) -> np.ndarray:
    """uint8 is kept as int8, 128 less."""
    return (numbers.astype(np.int16) - 128).astype(np.int8) if numbers.dtype == np.uint8 else numbers


def saved(made, inputs, folder) -> Path:
    """The model with all inputs but the first as constants."""
    copy = onnx.ModelProto()
    copy.CopyFrom(made)
    for info, value in list(zip(made.graph.input, inputs, strict=True))[1:]:
        copy.graph.initializer.append(numpy_helper.from_array(array(value), info.name))
    del copy.graph.input[1:]
    path = folder / "case.onnx"
    path.write_bytes(copy.SerializeToString())
    return path


@pytest.mark.parametrize("op_type", sorted(AGREE))
def test_node(op_type, cases, tmp_path):
    agreed = 0
    for made, inputs, outputs in cases[op_type]:
        try:
            path = saved(made, inputs, tmp_path)
            graph = driver.float_graph(path, {})
        except WorkbookError as error:
            assert "\n" not in str(error)
            continue
        except NotImplementedError:
            continue  # an input that is a sequence: onnx itself cannot make it a constant
        results = interpreter.run(graph, {graph.placeholders[0].name: signed(array(inputs[0]))})
        real = [output for output in outputs if len(results) == len(outputs) or array(output).dtype.kind == "f"]
        # Masks and places are left out, with a warning.
        for result, expected in zip(results.values(), real, strict=True):
            wanted = signed(array(expected))
            fine = 1e-2 if str(wanted.dtype) == "bfloat16" else 1e-3  # which we compute in float32
            assert result.shape == wanted.shape
            assert np.allclose(result, wanted.astype(np.float32), rtol=fine, atol=1e-5, equal_nan=True)
        agreed += 1
    assert agreed >= AGREE[op_type]
