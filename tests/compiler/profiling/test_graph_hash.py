"""The hash in a profile is real Glow's: of names, types and shapes, and of nothing else."""

from pathlib import Path

import numpy as np
import pytest

from helpers.compiler.frontends.onnx import importer
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.passes import pipeline
from helpers.compiler.profiling import profile
from helpers.compiler.profiling.graph_hash import UNKNOWN, describe, graph_hash
from helpers.compiler.profiling.llvm_hash import string_hash

REFERENCE = Path(__file__).parents[2] / "reference"
# what LLVM 14's hash_value(std::string) gives for the bytes 0, 7, 14, ... (modulo 256), by length
LLVM_HASHES = {
    0: 0x65B0C5ECC2C5CC82,
    1: 0x2D7E8ED0D8D8BF76,
    3: 0xD0673EDDBE0247EB,
    4: 0xAF4558DDB5154DD8,
    8: 0x7FB986F2F9558CC3,
    9: 0xA50C36F13271A207,
    16: 0xB8FC240F3667DD89,
    17: 0x09F957D1852B5C9D,
    32: 0x63A51F435FD5CB60,
    33: 0xA55D22A7E4804E2E,
    64: 0x382080489AE6C522,
    65: 0x75B83275DDA98A7B,
    128: 0xE4BD3FEA2DF27BCC,
    200: 0xA66C84FACF09BCE5,
}


def optimised(batch: int = 1) -> Graph:
    return pipeline.optimise(importer.read(REFERENCE / "MNIST_NXP.onnx", {"N": batch}))


def one_relu(output: str = "y") -> Graph:
    graph = Graph("one")
    x = graph.add_placeholder("x", TensorType((1, 4)))
    graph.add_output(output, graph.add("Relu", "y", [x], [x.type]).output)
    return graph


@pytest.mark.parametrize("length", sorted(LLVM_HASHES))
def test_string_hash_is_llvms(length):
    assert string_hash(bytes(7 * n % 256 for n in range(length))) == LLVM_HASHES[length]


@pytest.mark.parametrize("name", ["profile.yaml", "profile100.yaml"])
def test_hash_is_the_one_real_glow_wrote(name):
    assert graph_hash(optimised()) == profile.read(REFERENCE / name).graph_hash


def test_weights_do_not_count_but_the_batch_does():
    halved = optimised()
    for constant in halved.constants:
        constant.data = constant.data / np.float32(2)
    assert graph_hash(halved) == graph_hash(optimised())
    assert graph_hash(optimised(batch=2)) not in (UNKNOWN, graph_hash(optimised()))


def test_output_whose_name_is_taken_keeps_it_in_its_save_node():
    text = describe(one_relu("y"))
    assert "Name : y_save\n" in text and "Placeholder\nName : y__1\n" in text


def test_long_names_and_long_lists_are_broken_as_in_glow():
    graph = one_relu("o" * 120)
    cube = graph.add("Reshape", "cube", [graph.nodes[0].output], [TensorType((1, 1, 1, 2, 2))])
    graph.outputs = [(graph.outputs[0][0], cube.output)]
    text = describe(graph)
    assert f"Name : {'o' * 100}\n{'o' * 20}\n" in text and "Dims : [1, 1, 1, 2, ...]\n" in text


def test_reshape_that_was_a_transpose_has_its_layout():
    graph = Graph("moved")
    x = graph.add_placeholder("x", TensorType((1, 1, 4, 4)))
    moved = graph.add("Reshape", "moved", [x], [TensorType((1, 4, 4, 1))], order=(0, 2, 3, 1))
    graph.add_output("y", moved.output)
    assert "Dims : [1, 4, 4, 1]\nLayout : NHWC\n" in describe(graph)


def test_unknown_nodes_and_integers_give_no_hash():
    unknown, integer = one_relu(), one_relu()
    unknown.nodes[0].kind = "Erf"
    integer.nodes[0].output.type = TensorType((1, 4), "int8", 0.5)
    assert graph_hash(unknown) == graph_hash(integer) == UNKNOWN
    assert graph_hash(one_relu()) != UNKNOWN
