"""A bundle run on this machine: what is said where it does not end."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from helpers.common.errors import ToolFailed
from helpers.compiler import driver
from helpers.inference import host_bundle


def test_a_bundle_that_does_not_end_is_one_line(tmp_path, monkeypatch):
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "net", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, tmp_path / "net.onnx")
    compiled = driver.compiled_graph(tmp_path / "net.onnx", driver.Request({}))
    driver.emit_bundle(compiled, tmp_path / "bundle", "net", driver.Target())
    bundle = host_bundle.HostBundle(tmp_path / "bundle")
    bundle.program.write_text("#!/bin/sh\nexec sleep 5\n")
    monkeypatch.setattr(host_bundle, "LONGEST", 0.1)
    with pytest.raises(ToolFailed, match="did not end in 0.1 s. Run it on fewer inputs"):
        bundle.run(np.zeros((1, 4), np.float32))
