"""Every option of the quantiser: the integer reference and the compiled bundle agree, and stay close to float32."""

import numpy as np
import onnx
import pytest
import zoo

from helpers.common.errors import Unsupported
from helpers.compiler import driver, interpreter
from helpers.compiler.numerics import affine
from helpers.compiler.profiling import profile
from helpers.compiler.quantisation import calibration
from helpers.compiler.quantisation.quantiser import Configuration
from helpers.inference.host_bundle import HostBundle

CONFIGURATIONS = {
    "int8-bias": Configuration(bias_precision="int8"),
    "int16-bias": Configuration(bias_precision="int16"),
    "int16": Configuration(precision="int16"),
    "KL": Configuration(calibration="KL"),
    "KL-constants-symmetric": Configuration("symmetric", calibration="KL", calibrate_constants=True),
    "channelwise": Configuration(channelwise=True),
    "channelwise-uint8-bias8": Configuration("symmetric_with_uint8", bias_precision="int8", channelwise=True),
    "rowwise": Configuration(rowwise=True),
    "float-pools": Configuration(keep_float=("AvgPool", "MaxPool", "Add")),
}


@pytest.fixture(scope="module", params=["lenet_like", "mobile"])
def network(request, tmp_path_factory):
    """(file, its profile with enough bins to calibrate, inputs, float32 outputs)."""
    made = zoo.NETWORKS[request.param]()
    path = tmp_path_factory.mktemp("network") / "net.onnx"
    path.write_bytes(made.SerializeToString())
    graph, inputs = driver.float_graph(path, {}), zoo.samples(made, 60)
    return path, profile.measure(graph, inputs, bins=600), inputs, interpreter.run_many(graph, inputs)


def compiled(network, configuration, convert_placeholders=True):
    request = driver.Request({}, network[1], configuration, convert_placeholders)
    return driver.compiled_graph(network[0], request)


@pytest.mark.parametrize("name", sorted(CONFIGURATIONS))
def test_reference_and_bundle_agree(name, network, tmp_path):
    graph = compiled(network, CONFIGURATIONS[name], convert_placeholders=name != "KL")
    placeholder, value = graph.placeholders[0].output, graph.outputs[0][1]
    fed = affine.quantise(network[2], placeholder.type) if placeholder.type.quantised else network[2]
    computed = interpreter.run_many(graph, fed)
    driver.emit_bundle(graph, tmp_path / "out", "net", driver.Target())
    # float32 sums may round differently, and an int16 result behind them is then one of its fine steps off
    assert np.allclose(
        HostBundle(tmp_path / "out").run(fed), computed, rtol=1e-5, atol=1e-5 if name == "int16" else 1e-6
    )
    real = affine.dequantise(computed, value.type) if value.type.quantised else computed
    assert np.abs(real - network[3]).mean() < 0.05 * np.ptp(network[3])


def kinds(graph) -> dict[str, str]:
    return {node.kind: node.output.type.element for node in graph.in_order()}


def test_what_has_no_kernel_stays_float(network):
    assert kinds(compiled(network, Configuration(bias_precision="int16")))["Convolution"] == "float"
    assert kinds(compiled(network, Configuration(precision="int16")))["Convolution"] == "float"
    assert kinds(compiled(network, Configuration()))["Convolution"] == "int8"


def test_kinds_that_are_to_keep_their_precision(network):
    made = kinds(compiled(network, Configuration(keep_float=("AvgPool",))))
    assert made["AvgPool"] == "float" and made["Convolution"] == "int8"


def test_scales_of_their_own(network):
    made = kinds(compiled(network, Configuration(channelwise=True, rowwise=True)))
    assert "ChannelwiseQuantizedConvolution" in made and "Convolution" not in made
    # Glow transposes the weights of a Gemm in a node of their own, and then leaves them one scale.
    transposed = any(node.op_type == "Gemm" for node in onnx.load(network[0]).graph.node)
    assert ("FullyConnected" in made) == transposed


def test_all_nodes_must_be_integer_ones(network):
    compiled(network, Configuration(assert_all=True))
    with pytest.raises(Unsupported, match="has no kernel for int16"):
        compiled(network, Configuration(precision="int16", assert_all=True))


def test_float_at_the_edges(network):
    graph = compiled(network, Configuration(), convert_placeholders=False)
    assert {graph.placeholders[0].output.type.element, graph.outputs[0][1].type.element} == {"float"}
    assert graph.in_order()[0].kind == "Quantize" and graph.in_order()[-1].kind == "Dequantize"


def test_calibration_narrows_a_range_with_rare_extremes():
    at = np.linspace(-1, 1, 2000)
    counts = np.floor(1000 * np.exp(-((at / 0.1) ** 2) / 2)).astype(np.float32)
    counts[0] = counts[-1] = 1
    low, high = calibration.narrowing(-1.0, 1.0, tuple(counts))(-1.0, 1.0, True)
    assert -1 < low < -0.1 and high == pytest.approx(-low, rel=1e-5)
    assert calibration.narrowing(-1.0, 1.0, tuple(counts[:100]))(-1.0, 1.0, False) == (-1.0, 1.0)
