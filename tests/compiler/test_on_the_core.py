"""Bundles for Cortex-M0 that need the compiler's library: soft float and 64-bit products, linked and run on the emulated core."""

from pathlib import Path

import numpy as np
import pytest
import zoo
from onnxruntime_quantiser import quantised

from helpers.compiler import driver, interpreter
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.inference.host_bundle import HostBundle

TFLITE = Path(__file__).parent / "tflite"


def emulated(graph, folder, inputs):
    driver.emit_bundle(graph, folder, "net", driver.Target("cortex-m0"))
    return EmulatedBundle(folder).run(inputs)


@pytest.mark.parametrize("name", ["lenet_like", "autoencoder", "attention"])
def test_float(name, tmp_path):
    """No profile: every product and sum in soft float; the same bits as this machine's float32."""
    made = zoo.NETWORKS[name]()
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    graph, inputs = driver.compiled_graph(tmp_path / "net.onnx", driver.Request()), zoo.samples(made, 4)
    answers = emulated(graph, tmp_path / "core", inputs)
    driver.emit_bundle(graph, tmp_path / "host", "net", driver.Target())
    assert np.array_equal(answers, HostBundle(tmp_path / "host").run(inputs))
    expected = np.concatenate([interpreter.run(graph, {"x": each[None]})["y"] for each in inputs])
    assert np.allclose(answers, expected, rtol=1e-5, atol=1e-6)


def test_integers_of_an_onnx_file(tmp_path):
    """Quantize and Dequantize at the edges in soft float, factors of 31 bits between them."""
    made = zoo.NETWORKS["attention"]()
    inputs = zoo.samples(made, 4)
    path = quantised(made, tmp_path / "net.onnx", inputs)
    graph = driver.compiled_graph(path, driver.Request({}))
    expected = np.concatenate([interpreter.run(graph, {"x": each[None]})["y"] for each in inputs])
    assert np.array_equal(emulated(graph, tmp_path / "core", inputs), expected)


IN_INTEGERS = ("int8", "mobile", "decoder", "gru", "float_edges", "operators/transposed_wide", "operators/elu")


@pytest.mark.parametrize("name", IN_INTEGERS)
def test_integers_of_a_tflite_file(name, tmp_path):
    answers, plain = {}, name.removeprefix("operators/")
    for path in TFLITE.glob("*.npz"):
        with np.load(path, allow_pickle=False) as file:
            answers |= {key: file[key][:4] for key in (f"{plain}_inputs", f"{plain}_outputs") if key in file}
    graph = driver.compiled_graph(TFLITE / f"{name}.tflite", driver.Request())
    outputs = emulated(graph, tmp_path / "core", answers[f"{plain}_inputs"])
    assert np.array_equal(outputs, answers[f"{plain}_outputs"])
