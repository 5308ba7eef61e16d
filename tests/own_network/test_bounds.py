"""No form of code takes less than its bound: for networks of every kind that the forms treat differently."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from helpers.common import artifacts
from helpers.compiler import driver, targets
from helpers.evaluation import sample_networks
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.own_network import bounds, fit
from tests import samples

TFLITE = artifacts.ROOT / "tests" / "compiler" / "tflite"


def recurrent(steps: int = 6, units: int = 8, size: int = 4) -> onnx.ModelProto:
    """An LSTM whose steps share their weights, and a dense layer behind its last state."""
    random = np.random.default_rng(1)
    shapes = {"W": (1, 4 * units, size), "R": (1, 4 * units, units), "B": (1, 8 * units), "V": (units, 3)}
    constants = [numpy_helper.from_array(random.normal(0, 0.3, s).astype(np.float32), n) for n, s in shapes.items()]
    constants.append(numpy_helper.from_array(np.array([1, units]), "shape"))
    nodes = [
        helper.make_node("LSTM", ["x", "W", "R", "B"], ["every", "last"], hidden_size=units),
        helper.make_node("Reshape", ["last", "shape"], ["flat"]),
        helper.make_node("Gemm", ["flat", "V"], ["y"]),
    ]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", [steps, 1, size]), ("y", [1, 3]))]
    graph = helper.make_graph(nodes, "lstm", ends[:1], ends[1:], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def graphs(folder):
    """Name to an integer graph."""
    for name, proto in {
        "lstm": recurrent(),
        "dense": samples.two_dense_layers(),
        "step": samples.frame_and_state(),
    }.items():
        onnx.save(proto, folder / f"{name}.onnx")
        yield name, fit.integer_graph(folder / f"{name}.onnx", {})
    yield "note", fit.integer_graph(samples.REFERENCE / "MNIST_NXP.onnx", {"N": 1})
    yield "separable", sample_networks.separable()
    for name in ("int8", "dense", "mobile"):
        yield name, fit.integer_graph(TFLITE / f"{name}.tflite", {})


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    return dict(graphs(tmp_path_factory.mktemp("bounds")))


FORMS = [(core, form) for core in ("cortex-m0plus", "cortex-m7") for form in targets.of(core)]


@pytest.mark.parametrize(("core", "form"), FORMS)
def test_no_form_takes_less_than_its_bound(core, form, networks, tmp_path):
    compiled = 0
    for name, graph in networks.items():
        try:
            driver.emit_bundle(graph, tmp_path / name, "net", driver.Target(core, form=form))
        except driver.Unsupported:
            continue
        compiled += 1
        bundle = EmulatedBundle(tmp_path / name, core=core)
        ram = bundle.header.mutable + bundle.header.activations
        for bound in (bounds.of_form(graph, form, core), bounds.of_any_form(graph)):
            assert 0 < bound.flash <= bundle.flash_bytes and 0 < bound.ram <= ram, name
    assert compiled >= 5


def test_a_recurrent_layer_counts_step_by_step(networks):
    """Four gates of an input and a state, and a dense layer; the first step has a state of zeros and nothing to forget.

    A bound of code counts each step's weights.
    """
    products = 5 * 4 * 8 * (4 + 8) + 3 * 8 * 4 + 8 * 3
    assert sum(sample_networks.multiplications(networks["lstm"]).values()) == products
    assert bounds.of_form(networks["lstm"], "fast", "cortex-m0plus").flash > products * 0.5
    assert bounds.of_any_form(networks["lstm"]).flash < products / 4
