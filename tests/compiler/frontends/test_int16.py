"""Networks of int16 activations: what is refused, in which line, and what their bundles say. Equality: test_random_int16.py."""

import int16_files
import numpy as np
import pytest
from tflite_writer import Operation, Tensor, written

from helpers.common.errors import BadInput, Unsupported
from helpers.compiler import driver
from helpers.compiler.backends import memory_plan
from helpers.evaluation import sample_networks
from helpers.evaluation.verify import comparison, integers
from helpers.inference import bundle_header

WIDE = Tensor((1, 4), np.int16, scale=1e-4)
CONV = {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1, "padding": 1, "depthMultiplier": 1}


def alone(kind: str, *tensors: Tensor, options: str = "", fields: dict | None = None) -> bytes:
    """A file of one operator; the last tensor is its result, the first one the network's input."""
    last = len(tensors) - 1
    return written(list(tensors), [Operation(kind, list(range(last)), [last], options, fields or {})], [0], [last])


def depthwise() -> bytes:
    """A depthwise convolution with int32 biases, as the converter writes them on request."""
    image, filters = (
        Tensor((1, 3, 3, 2), np.int16, scale=1e-4),
        Tensor(data=int16_files.weights(1, 3, 3, 2), scale=0.01),
    )
    bias, result = Tensor(data=np.zeros(2, np.int32), scale=1e-6), Tensor((1, 1, 1, 2), np.int16, scale=1e-4)
    fields = {key: value for key, value in CONV.items() if key != "quantizedBiasType"}
    return alone("DEPTHWISE_CONV_2D", image, filters, bias, result, options="DepthwiseConv2DOptions", fields=fields)


AGAIN = "Convert it with int8 activations: supported_ops = "
POWERS = [Tensor((1, 4), np.int16, scale=2.0**-power) for power in (12, 11, 11)]
REFUSED = {
    "operator": (alone("EXP", WIDE, WIDE), rf"node 't1' \(EXP of .*\('t0'\) are not supported in EXP. {AGAIN}"),
    "zero point": (alone("RELU", Tensor((1, 4), np.int16, scale=1e-4, zero=3), WIDE), rf"'t0'\) with a zero point.*{AGAIN}"),
    "int8 beside": (
        alone("ADD", WIDE, Tensor((1, 4), np.int8, scale=0.1), WIDE, options="AddOptions"),
        rf"\('t0'\) beside int8 \('t1'\) are not supported in ADD. {AGAIN}",
    ),
    "from int8": (alone("QUANTIZE", Tensor((1, 4), np.int8, scale=0.1), WIDE), rf"QUANTIZE from int8 to int16.*{AGAIN}"),
    "depthwise": (depthwise(), rf"int32 biases .* in DEPTHWISE_CONV_2D, which TFLite has no kernel for. {AGAIN}"),
    "shifts": (alone("ADD", *POWERS, options="AddOptions", fields={"potScaleInt16": True}), "ADD of int16 by shifts"),
    "steep sum": (
        alone("ADD", WIDE, WIDE, Tensor((1, 4), np.int16, scale=1e-9), options="AddOptions"),
        "ADD of int16 to a scale of 1e-09",
    ),
    "softmax": (alone("SOFTMAX", WIDE, WIDE, options="SoftmaxOptions"), "SOFTMAX whose int16 result has scale 0.0001"),
    "sigmoid": (
        alone("LOGISTIC", Tensor((1, 4), np.int16, scale=9), Tensor((1, 4), np.int16, scale=2.0**-15)),
        rf"LOGISTIC of int16 of scale 9. {AGAIN}",
    ),
    "maximum": (alone("MAXIMUM", WIDE, WIDE, Tensor((1, 4), np.int16, scale=1)), "MAXIMUM of int16 with different scales"),
    "factor": (int16_files.layer("CONV_2D", 3, np.zeros(2, np.int64), 2.0, 1e-9), "which 15 bits cannot bridge"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_taken_is_refused_in_a_line(name, tmp_path):
    content, words = REFUSED[name]
    (tmp_path / "net.tflite").write_bytes(content)
    with pytest.raises((Unsupported, BadInput), match=words) as caught:
        driver.float_graph(tmp_path / "net.tflite", {})
    assert "\n" not in str(caught.value)


@pytest.fixture
def graph(tmp_path):
    (tmp_path / "net.tflite").write_bytes(int16_files.narrowed())
    return driver.compiled_graph(tmp_path / "net.tflite", driver.Request())


def test_a_header_says_int16_and_the_plan_counts_two_bytes(graph, tmp_path):
    layout = driver.emit_bundle(graph, tmp_path, "net", driver.Target())
    (given,) = bundle_header.in_folder(tmp_path).inputs.values()
    assert (given.element, given.bytes) == ("i16", 2 * 6 * 5 * 3)
    assert np.float32(given.scale) == np.float32(graph.placeholders[0].output.type.scale)  # to the last bit
    assert layout.mutable_bytes == memory_plan.aligned(180) + memory_plan.aligned(10)
    sizes = {value.type.element: buffer.bytes for buffer in layout.buffers for value in buffer.values}
    assert sizes["int16"] == memory_plan.aligned(2 * 6 * 5 * 4)


def test_sums_are_as_wide_as_they_must_be(graph, tmp_path):
    assert sample_networks.multiplications(graph)[graph.in_order()[0].name] == 6 * 5 * 4 * 27
    for name, wide in (("conv, sums of 64 bits", True), ("conv, biases and sums of 32 bits", False)):
        (tmp_path / "net.tflite").write_bytes(int16_files.files()[name])
        made = driver.compiled_graph(tmp_path / "net.tflite", driver.Request())
        text = driver.registry.of(made.in_order()[0]).emit(made.in_order()[0], "layer")
        assert ("int64_t sum" in text) == wide and ("int32_t sum" in text) != wide


def test_verify_takes_int16(tmp_path):
    """Real numbers go in and come out whatever the file's types."""
    (tmp_path / "net.tflite").write_bytes(int16_files.narrowed())
    np.savez(tmp_path / "x.npz", x=np.random.default_rng(1).standard_normal((3, 6, 5, 3)).astype(np.float32))
    targets = integers.targets(["cortex-m0plus"], ["fast"])
    found = comparison.verify(tmp_path / "net.tflite", [str(tmp_path / "x.npz")], targets)
    rows = {row.form: row for row in found.rows}
    assert rows["TFLite"].compared and rows["integers (numpy)"].largest_difference == 0
    assert rows["cortex-m0plus, fast"].bit_equal
