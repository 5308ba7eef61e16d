"""Comparisons and what they choose, where values are equal, too: against onnxruntime, and against exact numbers in int8."""

from fractions import Fraction

import numpy as np
import onnxruntime
import pytest
import zoo
from zoo import node

from helpers.common.errors import Unsupported
from helpers.compiler import driver, interpreter
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.operators.base import registry
from helpers.inference.host_bundle import HostBundle

EXACT = {"Less": lambda x, y: x < y, "LessOrEqual": lambda x, y: x <= y, "Equal": lambda x, y: x == y}
# The second: as far apart as int8 can tell; the third: scales that are equal; the last two need 64 bits.
SCALES = [(0.1, 0.3), (1.0, 2.0**-7), (0.05, 0.05), (0.5, 0.25), (1.1754944e-38, 3e38), (0.0123, 0.0124)]


def compared(kind: str, scales: tuple[float, float]):
    """A network that compares two int8, and every pair of them."""
    registry.load_all()
    graph = Graph("net")
    types = [
        TensorType((1, 65536), "int8", float(np.float32(scale)), at) for scale, at in zip(scales, (3, -7), strict=True)
    ]
    values = [graph.add_placeholder(name, each) for name, each in zip("xy", types, strict=True)]
    made = graph.add(kind, "made", values, [TensorType((1, 65536), "int8", 1.0, 0)])
    graph.add_output("z", made.output)
    registry.of(made).settle(made)
    pairs = np.stack(np.meshgrid(np.arange(-128, 128), np.arange(-128, 128)), -1).reshape(1, -1, 2).astype(np.int8)
    return graph, {"x": pairs[..., 0], "y": pairs[..., 1]}, types


@pytest.mark.parametrize("scales", SCALES, ids=str)
@pytest.mark.parametrize("kind", EXACT)
def test_every_pair_of_int8_is_compared_as_the_real_numbers_are(kind, scales, tmp_path):
    graph, inputs, types = compared(kind, scales)
    x, y = ([Fraction(each.scale) * (q - each.offset) for q in range(-128, 128)] for each in types)
    expected = [
        int(EXACT[kind](x[a + 128], y[b + 128]))
        for a, b in zip(*(inputs[name][0].tolist() for name in "xy"), strict=True)
    ]
    assert np.array_equal(interpreter.run(graph, inputs)["z"][0], expected)
    driver.emit_bundle(graph, tmp_path, "net", driver.Target())
    assert np.array_equal(HostBundle(tmp_path).run(inputs)[0], expected)


@pytest.mark.parametrize("op", ["Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal"])
def test_equal_numbers_in_float32(op, save_onnx, tmp_path):
    """Numbers on a grid, with NaN among them."""
    nodes = [node(op, ["x", "c"], ["q"]), node("Where", ["q", "x", "d"], ["y"])]
    path = save_onnx(nodes, {"x": [1, 6]}, ["y"], {"c": np.float32([0, 0.5, -0.5, 0, 1, 0]), "d": np.float32([7])})
    inputs = (np.random.default_rng(3).integers(-3, 4, (60, 6)) / 2).astype(np.float32)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    expected = np.concatenate([session.run(None, {"x": each[None]})[0] for each in inputs])
    assert np.array_equal(interpreter.run_many(driver.float_graph(path, {}), inputs), expected)
    assert 0 < (expected == 7).mean() < 1
    driver.emit_bundle(driver.float_graph(path, {}), tmp_path / "out", "net", driver.Target())
    assert np.array_equal(HostBundle(tmp_path / "out").run(inputs), expected)


def test_a_choice_of_one_quantised_value_is_a_table(save_onnx):
    """As onnxruntime's quantiser writes it: a comparison between conversions."""
    nodes = [
        node("QuantizeLinear", ["x", "s", "z"], ["a"]), node("DequantizeLinear", ["a", "s", "z"], ["b"]),
        node("Greater", ["b", "half"], ["q"]), node("Mul", ["b", "half"], ["m"]), node("Where", ["q", "b", "m"], ["w"]),
        node("QuantizeLinear", ["w", "s", "z"], ["c"]), node("DequantizeLinear", ["c", "s", "z"], ["y"]),
    ]  # fmt: skip
    numbers = {"s": np.float32(0.02), "z": np.int8(-5), "half": np.float32(0.5)}
    path = save_onnx(nodes, {"x": [1, 256]}, ["y"], numbers)
    graph = driver.compiled_graph(path, driver.Request())
    assert [each.kind for each in graph.in_order()] == ["Quantize", "Lookup", "Dequantize"]
    inputs = np.linspace(-3, 3, 256, dtype=np.float32)[None]
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    assert np.array_equal(interpreter.run_many(graph, inputs), session.run(None, {"x": inputs})[0])


def test_whole_numbers_are_not_compared(save_onnx, tmp_path):
    made = zoo.model([node("QuantizeLinear", ["x", "s", "z"], ["q"]), node("Less", ["q", "q"], ["y"])], {"x": [1, 4]}, ["y"],
                     {"s": np.float32(1), "z": np.int8(0)})  # fmt: skip
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    with pytest.raises(Unsupported, match="Less of int8 numbers. Take a loop apart .* cast to float before"):
        driver.float_graph(tmp_path / "net.onnx", {})
