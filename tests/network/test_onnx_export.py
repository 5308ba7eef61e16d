"""Keras to ONNX: the note's graph, the same bytes every time, the same outputs."""

import os
import subprocess
import sys

import numpy as np
import onnx
import pytest

from helpers.common import artifacts
from helpers.common.errors import BadInput, Unsupported
from helpers.network import cnn, onnx_export
from helpers.network.keras import keras

SHIPPED = artifacts.DATA / "mnist.h5"
REFERENCE = artifacts.ROOT / "tests" / "reference" / "MNIST_NXP.onnx"
OPERATORS = (
    "Reshape MaxPool Reshape Conv Relu MaxPool Conv Relu MaxPool Conv Relu Transpose Reshape MatMul Add Relu MatMul Add"
)


@pytest.fixture(scope="module")
def proto():
    return onnx_export.convert(cnn.load_h5(SHIPPED))


def without_numbers(name: str) -> str:
    return name.split("__")[0] if name.startswith(("new_shape", "const_fold")) else name


def test_the_operators_are_the_notes(proto):
    assert " ".join(node.op_type for node in proto.graph.node) == OPERATORS
    assert proto.opset_import[0].version == 15


def test_the_graph_is_the_one_that_real_glow_was_given(proto):
    """Node names end up in profiles, constants' order in weights.bin: all must be as in the reference."""
    reference = onnx.load(REFERENCE).graph
    for mine, theirs in zip(proto.graph.node, reference.node, strict=True):
        assert (mine.name, mine.op_type, list(mine.output)) == (theirs.name, theirs.op_type, list(theirs.output))
        assert list(map(without_numbers, mine.input)) == list(map(without_numbers, theirs.input))
        assert mine.attribute == theirs.attribute
    for mine, theirs in zip(proto.graph.initializer, reference.initializer, strict=True):
        assert without_numbers(mine.name) == without_numbers(theirs.name)
        assert (onnx.numpy_helper.to_array(mine) == onnx.numpy_helper.to_array(theirs)).all()
    assert proto.graph.input == reference.input and proto.graph.output == reference.output


def test_the_batch_size_is_n_on_both_ends(proto):
    ends = (proto.graph.input[0], proto.graph.output[0])
    assert [end.type.tensor_type.shape.dim[0].dim_param for end in ends] == ["N", "N"]
    assert [end.name for end in ends] == ["max_pooling_1_input", "dense_2"]


def test_a_second_conversion_gives_the_same_bytes(proto):
    again = onnx_export.convert(cnn.load_h5(SHIPPED))
    assert again.SerializeToString(deterministic=True) == proto.SerializeToString(deterministic=True)


@pytest.mark.slow
@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_another_process_gives_the_same_bytes(proto, hash_seed, tmp_path):
    """The converter orders constants by Python's hashes, which differ from process to process."""
    program = "import sys; from helpers import onnx_export; onnx_export.export(sys.argv[1], sys.argv[2])"
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    subprocess.run([sys.executable, "-c", program, SHIPPED, tmp_path / "x.onnx"], env=environment, check=True)
    assert (tmp_path / "x.onnx").read_bytes() == proto.SerializeToString(deterministic=True)


def test_export_writes_and_compares(tmp_path):
    done = onnx_export.export(SHIPPED, tmp_path / "x.onnx")
    assert 0 < done.largest_difference < 1e-4
    assert " ".join(done.operators) == OPERATORS and done.counts()["Conv"] == 3
    onnx.checker.check_model(str(tmp_path / "x.onnx"), full_check=True)


def test_a_network_that_computes_something_else_is_not_written(tmp_path, monkeypatch):
    other = onnx_export.convert(cnn.build("note", 3))
    monkeypatch.setattr(onnx_export, "convert", lambda model: other)
    with pytest.raises(BadInput, match="other outputs after conversion"):
        onnx_export.export(SHIPPED, tmp_path / "x.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_refused_network_leaves_nothing(tmp_path):
    keras.Sequential([keras.layers.Lambda(lambda x: x, input_shape=(28, 28, 1))]).save(tmp_path / "bad.h5")
    with pytest.raises(Unsupported, match="Lambda"):
        onnx_export.export(tmp_path / "bad.h5", tmp_path / "x.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.h5"]


def test_onnx_runtime_takes_any_batch(proto):
    images = np.random.default_rng(0).random((3, 28, 28, 1), np.float32)
    together = onnx_export.run(proto, images)
    single = np.concatenate([onnx_export.run(proto, image[None]) for image in images])
    assert together.shape == (3, 10) and together == pytest.approx(single, abs=1e-4)


@pytest.mark.slow
def test_the_lenet_converts_too():
    model = cnn.build("lenet", 1)
    assert onnx_export.largest_difference(model, onnx_export.convert(model)) < 1e-4
