"""From Keras through the converter to integers: float32 as Keras computes it, integers close to it and the same in C."""

import keras_networks
import numpy as np
import pytest

from helpers.compiler import driver, interpreter
from helpers.compiler.numerics import affine
from helpers.compiler.profiling import profile
from helpers.inference.host_bundle import HostBundle
from helpers.network import onnx_export

SYMBOLS = {onnx_export.BATCH: 1}


@pytest.fixture(scope="module", params=sorted(keras_networks.NETWORKS))
def network(request, tmp_path_factory):
    """(file, inputs, what Keras gives)."""
    made = keras_networks.model(request.param)
    path = tmp_path_factory.mktemp("keras") / f"{request.param}.onnx"
    path.write_bytes(onnx_export.convert(made).SerializeToString())
    inputs = np.random.default_rng(1).standard_normal((40, *made.input_shape[1:])).astype(np.float32)
    return path, inputs, made.predict(inputs, verbose=0)


def test_float32(network):
    path, inputs, expected = network
    computed = interpreter.run_many(driver.float_graph(path, SYMBOLS), inputs)
    assert np.allclose(computed, expected, rtol=1e-4, atol=1e-5)


def test_integers(network, tmp_path):
    path, inputs, expected = network
    measured = profile.measure(driver.float_graph(path, SYMBOLS), inputs)
    graph = driver.compiled_graph(path, driver.Request(SYMBOLS, measured, convert_placeholders=True))
    edges = [graph.placeholders[0].output.type, graph.outputs[0][1].type]
    fed = affine.quantise(inputs, edges[0])
    computed = interpreter.run_many(graph, fed)
    assert np.abs(affine.dequantise(computed, edges[1]) - expected).mean() < 0.03 * np.ptp(expected)
    driver.emit_bundle(graph, tmp_path, "net", driver.Target())
    assert np.array_equal(HostBundle(tmp_path).run(fed), computed)
