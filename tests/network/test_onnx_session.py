"""ONNX Runtime as the reference: it computes the file as it stands."""

import numpy as np
import onnx
from onnx import helper

from helpers.network import onnx_session


def test_zeros_in_front_of_a_max_pool_stay_zeros():
    """onnxruntime 1.31.1 folds them into the pool by default, whose own padding is minus infinity."""
    edges = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in (("x", [1, 1, 2, 2]), ("y", [1, 1, 2, 2]))
    ]
    pads = helper.make_tensor("pads", onnx.TensorProto.INT64, [8], [0, 0, 1, 1, 0, 0, 1, 1])
    nodes = [
        helper.make_node("Pad", ["x", "pads"], ["p"]),
        helper.make_node("MaxPool", ["p"], ["y"], kernel_shape=[2, 2], strides=[2, 2]),
    ]
    graph = helper.make_graph(nodes, "g", edges[:1], edges[1:], [pads])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    outputs = onnx_session.run(model.SerializeToString(), np.full((1, 1, 2, 2), -1, np.float32))
    assert np.array_equal(outputs, np.zeros((1, 1, 2, 2), np.float32))
