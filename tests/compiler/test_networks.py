"""The zoo: float32 as onnxruntime computes it; integers the same in numpy and in C, and close to float32."""

import numpy as np
import onnxruntime
import pytest
import zoo
from float_reference import in_float

from helpers.compiler import driver, interpreter
from helpers.compiler.numerics import affine
from helpers.compiler.profiling import profile
from helpers.compiler.quantisation import quantiser
from helpers.inference.host_bundle import HostBundle


@pytest.fixture(params=sorted(zoo.NETWORKS))
def network(request, tmp_path):
    """(file, inputs, what onnxruntime gives)."""
    made = zoo.NETWORKS[request.param]()
    path = tmp_path / f"{request.param}.onnx"
    path.write_bytes(made.SerializeToString())
    inputs = zoo.samples(made, 40)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return path, inputs, np.concatenate([session.run(None, {"x": each[None]})[0] for each in inputs])


def bundle(graph, folder) -> HostBundle:
    driver.emit_bundle(graph, folder, "net", driver.Target())
    return HostBundle(folder)


def run(graph, inputs):
    """One by one: not every network of the zoo computes many at once."""
    return np.concatenate([interpreter.run(graph, {"x": each[None]})["y"] for each in inputs])


def test_float32(network, tmp_path):
    path, inputs, expected = network
    graph = driver.compiled_graph(path, driver.Request())
    computed = run(graph, inputs)
    assert np.allclose(computed, expected, rtol=1e-4, atol=1e-5)
    assert np.allclose(bundle(graph, tmp_path / "out").run(inputs), computed, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("schema", affine.SCHEMAS)
def test_integers(network, schema, tmp_path):
    path, inputs, expected = network
    measured = profile.measure(driver.float_graph(path, {}), inputs)
    request = driver.Request({}, measured, quantiser.Configuration(schema), convert_placeholders=True)
    graph = driver.compiled_graph(path, request)
    (name, value), placeholder = graph.outputs[0], graph.placeholders[0].output
    fed = affine.quantise(inputs, placeholder.type) if placeholder.type.quantised else inputs
    computed = run(graph, fed)
    assert np.array_equal(bundle(graph, tmp_path / "out").run(fed), computed)
    real = affine.dequantise(computed, value.type) if value.type.quantised else computed
    span = expected.max() - expected.min()
    assert np.abs(real - expected).mean() < 0.1 * span, name


def test_each_integer_node_is_within_a_step_of_float32(network):
    path, inputs, _ = network
    measured = profile.measure(driver.float_graph(path, {}), inputs)
    graph = driver.compiled_graph(path, driver.Request({}, measured, convert_placeholders=True))
    far = {}

    def compare(node, given, results):
        if node.output.type.quantised and node.kind not in ("Quantize", "Rescale"):
            difference = np.abs(in_float(node, given).astype(int) - results[0].astype(int)).max()
            far.update({node.name: (node.kind, int(difference))} if difference > 1 else {})

    placeholder = graph.placeholders[0].output
    for each in inputs:
        fed = affine.quantise(each[None], placeholder.type) if placeholder.type.quantised else each[None]
        interpreter.run(graph, {"x": fed}, compare)
    assert far == {}
