"""Weights of 4 bits, as onnxruntime's quantiser and TFLite store them, are read; values of 4 bits are refused."""

import flatbuffers
import numpy as np
import onnx
import pytest
import zoo
from narrow_weights import narrowed
from onnx import TensorProto, helper
from onnxruntime.quantization import QuantType
from onnxruntime_quantiser import quantised
from random_tflite import answers

from helpers.common.errors import BadInput, Unsupported
from helpers.compiler import driver, interpreter
from helpers.compiler.backends.plain_c import packed_sums
from helpers.compiler.frontends.tflite import file
from helpers.network import onnx_session

TFLITE = file.Path(__file__).parents[1] / "tflite" / "int8.tflite"


def graph_of(content: bytes, path):
    path.write_bytes(content)
    return driver.compiled_graph(path, driver.Request())


def test_tflite(tmp_path):
    packed, wide = (
        graph_of(narrowed(TFLITE.read_bytes(), 4, each), tmp_path / f"{each}.tflite") for each in (True, False)
    )
    shape = packed.placeholders[0].output.type.shape
    inputs = np.random.default_rng(4).integers(-128, 128, (6, *shape[1:])).astype(np.int8)
    computed = interpreter.run_many(packed, inputs)
    assert np.array_equal(computed, interpreter.run_many(wide, inputs))
    wanted = answers((tmp_path / "True.tflite").read_bytes(), inputs)
    assert np.array_equal(computed.reshape(wanted.shape), wanted)


def test_a_tflite_buffer_of_another_size_is_refused(tmp_path):
    schema = file._schema()
    model = schema.ModelT.InitFromPackedBuf(narrowed(TFLITE.read_bytes(), 4, True), 0)
    tensor = next(each for each in model.subgraphs[0].tensors if each.type == schema.TensorType.INT4)
    for data, said in ((model.buffers[tensor.buffer].data[:-1], "does not hold what"), (None, "elements of type INT4")):
        model.buffers[tensor.buffer].data = data
        builder = flatbuffers.Builder()
        builder.Finish(model.Pack(builder), b"TFL3")
        with pytest.raises((BadInput, Unsupported), match=said):
            graph_of(bytes(builder.Output()), tmp_path / "cut.tflite")


@pytest.mark.parametrize("kind", [QuantType.QInt4, QuantType.QUInt4])
@pytest.mark.parametrize("per_channel", [False, True])
def test_onnxruntimes_quantiser(kind, per_channel, tmp_path):
    w = zoo.Weights(3)
    nodes = [
        helper.make_node("Conv", ["x", w(6, 2, 3, 3), w(6)], ["a"]), helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Flatten", ["b"], ["c"]), helper.make_node("Gemm", ["c", w(96, 4), w(4)], ["y"]),
    ]  # fmt: skip
    made = zoo.model(nodes, {"x": [1, 2, 6, 6]}, ["y"], w.made, opset=21)
    made.ir_version = 10
    inputs, path = zoo.samples(made, 12), tmp_path / "net.onnx"
    quantised(made, path, inputs, per_channel=per_channel, activation_type=QuantType.QInt8, weight_type=kind)
    stored = {each.data_type for each in onnx.load(path).graph.initializer}
    assert TensorProto.INT4 in stored or TensorProto.UINT4 in stored
    graph = driver.compiled_graph(path, driver.Request())
    step = next(node for node in graph.in_order() if node.kind == "Dequantize").inputs[0].type.scale
    computed = np.concatenate([interpreter.run(graph, {"x": each[None]})["y"] for each in inputs])
    assert np.abs(computed - onnx_session.run(path, inputs)).max() < 1.01 * step
    packed = packed_sums.with_packed_weights(graph)
    assert [node.kind for node in packed.nodes if node.kind == "PackedSums"] == ["PackedSums"]  # the Gemm
    assert np.array_equal(interpreter.run(packed, {"x": inputs[:1]})["y"], computed[:1])


def with_quantize_linear(save_onnx, **attributes):
    """x quantised and made real again, without a zero point."""
    ends = (("x", "q", "d"), ("r", "t", "y"))
    (to_q, to_d), (to_t, to_y) = (
        (
            helper.make_node("QuantizeLinear", [x, "s"], [q], **attributes),
            helper.make_node("DequantizeLinear", [q, "s"], [y]),
        )
        for x, q, y in ends
    )
    nodes = [to_q, to_d, helper.make_node("Relu", ["d"], ["r"]), to_t, to_y]
    return save_onnx(nodes, {"x": [1, 5]}, ["y"], {"s": np.float32(0.1)}, opset=21)


@pytest.mark.parametrize("kind", [None, TensorProto.INT8, TensorProto.UINT8])
def test_the_type_that_quantize_linear_names(save_onnx, kind):
    path = with_quantize_linear(save_onnx, **({} if kind is None else {"output_dtype": kind}))
    inputs = np.float32([[-30, -0.5, 0.5, 13, 30]])
    graph = driver.compiled_graph(path, driver.Request())
    assert np.allclose(interpreter.run(graph, {"x": inputs})["y"], onnx_session.run(path, inputs))


def test_values_of_four_bits_are_refused(save_onnx):
    path = with_quantize_linear(save_onnx, output_dtype=TensorProto.INT4)
    with pytest.raises(Unsupported, match="quantises to int4") as raised:
        driver.compiled_graph(path, driver.Request())
    assert "Quantise activations to int8" in str(raised.value)


def test_scales_by_block_are_refused(save_onnx):
    nodes = [
        helper.make_node("DequantizeLinear", ["w", "s"], ["d"], axis=0, block_size=2),
        helper.make_node("MatMul", ["x", "d"], ["y"]),
    ]
    constants = {"w": np.arange(12, dtype=np.int8).reshape(4, 3), "s": np.ones((2, 3), np.float32)}
    path = save_onnx(nodes, {"x": [1, 4]}, ["y"], constants, opset=21)
    with pytest.raises(Unsupported, match="scales by block .*Quantise weights per channel"):
        driver.compiled_graph(path, driver.Request())


def test_no_attribute_is_ignored(save_onnx):
    """precision says in which float the quotient is rounded."""
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s"], ["q"], precision=TensorProto.FLOAT16),
        helper.make_node("DequantizeLinear", ["q", "s"], ["y"]),
    ]
    path = save_onnx(nodes, {"x": [1, 4]}, ["y"], {"s": np.float32(0.1)}, opset=23)
    with pytest.raises(Unsupported, match="precision='10' is not supported. Leave the attribute out"):
        driver.compiled_graph(path, driver.Request())
