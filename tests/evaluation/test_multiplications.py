"""Multiply-accumulates of every kind of layer, in float32 and in integers, against counts by hand."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from helpers.common import artifacts
from helpers.compiler import driver
from helpers.compiler.operators.base import registry
from helpers.evaluation import sample_networks
from helpers.evaluation.verify import integers
from helpers.own_network import fit

TFLITE = artifacts.ROOT / "tests" / "compiler" / "tflite"


def total(graph) -> int:
    return sum(sample_networks.multiplications(graph).values())


def network(nodes, x: list[int], shapes: dict[str, tuple], path, outputs: list[int]):
    """An ONNX file of nodes with random weights w of these shapes."""
    random = np.random.default_rng(1)
    weights = [numpy_helper.from_array(random.normal(0, 0.3, s).astype(np.float32), n) for n, s in shapes.items()]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", x), ("y", outputs))]
    graph = helper.make_graph(
        [helper.make_node(*node, **more) for node, more in nodes], "g", ends[:1], ends[1:], weights
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


CASES = {
    # outputs * taps * channels; borders count
    "conv": ([(("Conv", ["x", "w"], ["y"]), {"pads": [1] * 4})], [1, 3, 8, 8], {"w": (5, 3, 3, 3)}, [1, 5, 8, 8], 5 * 64 * 27),
    "depthwise": ([(("Conv", ["x", "w"], ["y"]), {"group": 4})], [1, 4, 8, 8], {"w": (4, 1, 3, 3)}, [1, 4, 6, 6], 4 * 36 * 9),
    "transposed": ([(("ConvTranspose", ["x", "w"], ["y"]), {"strides": [2, 2]})], [1, 3, 4, 4], {"w": (3, 2, 2, 2)}, [1, 2, 8, 8],
                   3 * 16 * 2 * 4),
    "dense": ([(("Gemm", ["x", "w"], ["y"]), {})], [1, 12], {"w": (12, 5)}, [1, 5], 60),
    "matmul": ([(("MatMul", ["x", "w"], ["y"]), {})], [3, 12], {"w": (12, 5)}, [3, 5], 180),
    "pairs": ([(("Transpose", ["x"], ["t"]), {"perm": [0, 2, 1]}), (("MatMul", ["x", "t"], ["y"]), {})], [2, 3, 4], {},
              [2, 3, 3], 2 * 9 * 4),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_every_kind_is_counted_in_floats_and_in_integers(name, tmp_path):
    nodes, x, weights, outputs, count = CASES[name]
    path = network(nodes, x, weights, tmp_path / "net.onnx", outputs)
    assert total(driver.float_graph(path, {})) == count
    assert total(fit.integer_graph(path, {})) == count


@pytest.mark.parametrize("option", ["channelwise", "rowwise"])
def test_a_scale_for_each_channel_or_row_changes_no_count(option, tmp_path):
    name = {"channelwise": "conv", "rowwise": "dense"}[option]
    nodes, x, weights, outputs, count = CASES[name]
    path = network(nodes, x, weights, tmp_path / "net.onnx", outputs)
    configuration = integers.quantiser.Configuration(**{option: True})
    arrays = fit.random_inputs(path, {}, 4)
    graph = integers.graph(path, {}, arrays, integers.Quantisation(None, configuration))
    assert {node.kind for node in graph.in_order()} & {
        "ChannelwiseQuantizedConvolution",
        "RowwiseQuantizedFullyConnected",
    }
    assert total(graph) == count


def test_a_network_of_the_stock_converter_counts_as_in_its_file():
    """Each filter's elements times the places where it stands, from the file itself."""
    from helpers.compiler.frontends.tflite import file

    for name in ("int8", "mobile", "dense"):
        read = file.read(TFLITE / f"{name}.tflite")
        count = 0
        for each in read.operations:
            if each.name in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
                filters, result = read.tensors[each.inputs[1]], read.tensors[each.outputs[0]]
                outputs = filters.shape[-1 if each.name.startswith("DEPTHWISE") else 0]
                count += int(np.prod(filters.shape)) * int(np.prod(result.shape)) // outputs
        assert count > 0 and total(fit.integer_graph(TFLITE / f"{name}.tflite", {})) == count


def test_no_kind_with_weights_is_forgotten():
    """Whatever quantises weights or multiplies matrices is counted."""
    weighted = {kind for kind in registry.kinds() if registry.OPERATORS[kind].constant_inputs} | {
        "MatMul",
        "BatchMatMul",
    }
    weighted |= {kind for kind in registry.kinds() if kind.endswith(("Convolution", "FullyConnected"))}
    assert weighted - {"PRelu"} <= set(sample_networks._PRODUCTS)


@pytest.mark.parametrize(
    ("name", "products"),
    [
        ("lstm_rows", 6 * 8 * 4 * (4 + 8) + 8 * 9 + 9 * 3),  # six steps of eight units, then two dense layers
        ("svdf_of_two", 2 * 4 * (6 + 9)),  # a batch of two, four filters over six values and nine steps
    ],
)
def test_layers_with_a_state(name, products):
    assert total(driver.compiled_graph(TFLITE / "stateful" / f"{name}.tflite", driver.Request())) == products
