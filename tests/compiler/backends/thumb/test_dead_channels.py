"""Filters without weights, or nearly so: their elements cannot vary, and must not widen the bounds of the others."""

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from helpers.compiler import driver, interpreter
from helpers.compiler.backends.thumb.arithmetic import output_stage
from helpers.compiler.numerics.requantisation import fixed_point, requantisation
from helpers.compiler.profiling import profile
from helpers.compiler.quantisation.quantiser import Configuration
from helpers.inference.emulated_bundle import EmulatedBundle


@pytest.mark.parametrize("kind", ["doubled", "rounded_once", "short"])
def test_a_sum_that_cannot_vary_gives_its_element_and_leaves_the_factors_alone(kind):
    """TensorFlow Lite's converter gives a filter of zeros a bias of 2^30 and the factor that fits it."""
    usual = 0.003
    if kind == "short":
        rules, dead = [requantisation(np.float32(usual), -128)] * 3, (30_000, 30_000)
    else:
        rules = [fixed_point(usual, -128, helper=kind), fixed_point(60 / 2**30, -128, helper=kind)]
        rules, dead = [*rules, fixed_point(usual, -128, helper=kind)], (2**30, 2**30)
    sums = ((-50_000, 50_000), dead, (-40_000, 90_000))
    made = output_stage.output(rules, sums, 128, 255, "layer")
    assert made.constant == [1] and made.alike  # the dead one found a sum for the factor of the others
    wanted = int(rules[1].apply(np.array(dead))[0]) + 128
    assert 0 < wanted < 255 and made.element(1, made.sums[1][0]) == wanted
    assert made.sums[0] == sums[0] and made.sums[2] == sums[2]


def test_other_factors_leave_a_constant_one_of_its_own():
    rules = [fixed_point(factor, -128) for factor in (0.003, 0.004, 2**-25)]
    made = output_stage.output(rules, ((-9000, 9000), (-9000, 9000), (2**30, 2**30)), 128, 255, "layer")
    assert made.uniform and not made.alike
    assert made.element(2, made.sums[2][0]) == int(rules[2].apply(np.array([2**30]))[0]) + 128 == 32


@pytest.mark.parametrize("factor", [1e-2, 3e-4, 1e-5, 0])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_first_layer_with_one_small_filter(channels, factor, tmp_path):
    """A grey image, -enable-channelwise: at 3e-4 the rest of a constant was above what `adds` holds."""
    random = np.random.default_rng(5)
    weights = random.standard_normal((4, channels, 3, 3)).astype(np.float32) * np.float32(0.3)
    weights[2] *= np.float32(factor)
    bias = random.standard_normal(4).astype(np.float32) * np.float32(0.1)
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["y"]),
    ]
    edges = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, count, 8, 8])
        for name, count in (("x", channels), ("y", 4))
    ]
    inner = [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(bias, "b")]
    made = helper.make_graph(nodes, "g", edges[:1], edges[1:], inner)
    path = tmp_path / "net.onnx"
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    samples = random.random((6, channels, 8, 8)).astype(np.float32)
    measured = profile.measure(driver.float_graph(path, {}), samples)
    request = driver.Request({}, measured, Configuration(channelwise=True, rowwise=True), convert_placeholders=True)
    graph = driver.compiled_graph(path, request)
    inputs = random.integers(-128, 128, samples.shape).astype(np.int8)
    driver.emit_bundle(graph, tmp_path / "fast", "net", driver.Target("cortex-m0plus", form="fast"))
    assert np.array_equal(EmulatedBundle(tmp_path / "fast").run(inputs), interpreter.run_many(graph, inputs))
