"""What the importer refuses, each in one line with operator, node, shapes and a hint."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from helpers.common.errors import BadInput, BadParameter, MissingInput, Unsupported
from helpers.compiler import driver, interpreter
from helpers.compiler.frontends.onnx import importer

WEIGHTS = {"w": np.zeros((3, 4), np.float32)}


def test_the_notes_network_is_read(note_model):
    graph = importer.read(note_model, {"N": 1})
    assert [node.name for node in graph.placeholders] == ["max_pooling_1_input"]
    assert [name for name, _ in graph.outputs] == ["dense_2"]
    assert sum(node.output.type.size for node in graph.constants if node.data.dtype == np.float32) == 1662


def test_an_operator_we_lack(save_onnx, node):
    path = save_onnx([node("Det", ["x"], ["y"], name="deep")], {"x": [1, 4, 4]}, ["y"])
    with pytest.raises(Unsupported, match=r"'deep' \(Det of \[1, 4, 4\]\): operator Det is not supported\. Build"):
        importer.read(path)


def test_a_file_without_operators_of_onnx_needs_no_opset_of_onnx(tmp_path, node):
    """onnxruntime's operators have a version of their own."""
    scale, zero = np.float32(0.1), np.uint8(7)
    numbers = {name: numpy_helper.from_array(np.array(value), name) for name, value in {"s": scale, "z": zero}.items()}
    made = node("QLinearAdd", ["x", "s", "z", "x", "s", "z", "s", "z"], ["y"], domain="com.microsoft")
    edges = [helper.make_tensor_value_info(name, TensorProto.UINT8, [1, 4]) for name in ("x", "y")]
    graph = helper.make_graph([made], "sum", edges[:1], edges[1:], list(numbers.values()))
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("com.microsoft", 1)]), tmp_path / "net.onnx")
    found = driver.compiled_graph(tmp_path / "net.onnx", driver.Request())
    (sums,) = interpreter.run(found, {"x": np.int8([[-128, -100, 0, 127]])}).values()
    assert sums.tolist() == [[-128, -79, 121, 127]]


def test_shapes_that_do_not_match(save_onnx, node):
    path = save_onnx([node("MatMul", ["x", "w"], ["y"], name="dense")], {"x": [1, 5]}, ["y"], WEIGHTS)
    with pytest.raises(Unsupported, match=r"'dense' \(MatMul of \[1, 5\], \[3, 4\]\)"):
        importer.read(path)


def test_a_dimension_without_a_value(save_onnx, node):
    path = save_onnx([node("Relu", ["x"], ["y"])], {"x": ["batch", 4]}, ["y"])
    with pytest.raises(BadParameter, match="-onnx-define-symbol=batch,1"):
        importer.read(path)


def test_files_that_are_no_models(tmp_path, note_model):
    with pytest.raises(MissingInput, match="does not exist"):
        importer.read(tmp_path / "none.onnx")
    for name, data in {"empty": b"", "text": b"hello", "half": note_model.read_bytes()[:5000]}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BadInput, match="not a sound ONNX model"):
            importer.read(tmp_path / name)


def saved_with_tensor(save_onnx, node, change):
    """A MatMul whose weight tensor was changed in the file."""
    import onnx

    path = save_onnx([node("MatMul", ["x", "w"], ["y"])], {"x": [1, 3]}, ["y"], WEIGHTS)
    model = onnx.load_from_string(path.read_bytes())
    change(model.graph.initializer[0])
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tensor: tensor.dims.__setitem__(0, 10**9), "w"),
        (lambda tensor: setattr(tensor, "raw_data", tensor.raw_data[:-4]), "w"),
        (lambda tensor: setattr(tensor, "raw_data", b"\xff" * 48), "not finite"),
        (lambda tensor: setattr(tensor, "data_location", TensorProto.EXTERNAL), "not beside the model"),
    ],
)
def test_a_tensor_that_is_not_what_it_says(save_onnx, node, change, message):
    path = saved_with_tensor(save_onnx, node, change)
    with pytest.raises(BadInput, match=message) as caught:
        importer.read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("element", [np.float16, np.float64])
def test_weights_of_other_floats_are_computed_with_as_float32(save_onnx, node, element):
    nodes = [helper.make_node("Cast", ["w"], ["v"], to=TensorProto.FLOAT), node("MatMul", ["x", "v"], ["y"])]
    weights = np.arange(12, dtype=element).reshape(3, 4) / element(8)
    graph = importer.read(save_onnx(nodes, {"x": [1, 3]}, ["y"], {"w": weights}))
    product = next(each for each in graph.nodes if each.kind == "MatMul")
    data = product.inputs[1].node.data
    assert data.dtype == np.float32 and np.array_equal(data, weights.astype(np.float32))


def test_a_batch_without_a_name_counts_as_1(save_onnx, node):
    path = save_onnx([node("Relu", ["x"], ["y"])], {"x": [None, 4]}, ["y"])
    assert importer.read(path).placeholders[0].output.type.shape == (1, 4)


@pytest.mark.parametrize(
    ("op_type", "remedy"),
    [
        ("Mod", "Build the model from: Abs, "),
        ("DynamicQuantizeLinear", "quantize_static in place of quantize_dynamic"),
    ],
)
def test_what_to_do_in_place_of_an_operator(save_onnx, node, op_type, remedy):
    path = save_onnx([node("Relu", ["x"], ["y"])], {"x": [1, 4]}, ["y"])
    model = onnx.load_from_string(path.read_bytes())
    last = ["x", "c"] if op_type == "Mod" else ["x"]
    results = ["z", "s", "t"] if op_type == "DynamicQuantizeLinear" else ["z"]
    model.graph.initializer.append(numpy_helper.from_array(np.float32(1), "c"))
    model.graph.node.append(node(op_type, last, results, **({"fmod": 1} if op_type == "Mod" else {})))
    path.write_bytes(model.SerializeToString())
    with pytest.raises(Unsupported) as caught:
        importer.read(path)
    assert remedy in str(caught.value) and "\n" not in str(caught.value)
