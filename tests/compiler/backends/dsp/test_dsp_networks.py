"""The fast form for the DSP extension: the integer reference bit for bit on an emulated Cortex-M7, and no slower than plain C."""

from pathlib import Path

import every_form
import numpy as np
import pytest
import random_networks
import zoo

from helpers.compiler import driver, interpreter
from helpers.compiler.backends.dsp.rewrite import for_dsp
from helpers.compiler.numerics import affine
from helpers.compiler.profiling import profile
from helpers.compiler.quantisation.quantiser import Configuration
from helpers.inference.emulated_bundle import EmulatedBundle

CPU = "cortex-m7"
TFLITE = Path(__file__).parents[2] / "tflite"
KERNELS = ("_row", "_sums")  # what takes a layer's place
CLOSE = 1.02  # what pairs of instructions cost is a model; a layer of a few products may come out a little slower
SLACK = 40  # cycles: what a call more and a loop's start take


def emulated(graph, form: str, folder) -> EmulatedBundle:
    driver.emit_bundle(graph, folder / form, "net", driver.Target(CPU, form=form))
    return EmulatedBundle(folder / form, core=CPU)


def by_layer(bundle: EmulatedBundle, image: np.ndarray) -> dict[str, int]:
    """Estimated cycles of each layer, its preparation included."""
    layers: dict[str, int] = {}
    for name, cycles in bundle.measure(image).cycles_of.items():
        for kernel in KERNELS:
            name = name.removesuffix(kernel)
        layers[name] = layers.get(name, 0) + cycles
    return layers


def check(seed: int, folder) -> None:
    graph, what, images, expected = every_form.network(seed)
    assert np.array_equal(interpreter.run(for_dsp(graph), {"x": images})["y"], expected), f"seed {seed}: {what}"
    quick, slow = (by_layer(emulated(graph, form, folder), images[0]) for form in ("fast", "plain"))
    worse = {layer: (n, slow[layer]) for layer, n in quick.items() if n > slow.get(layer, 0) * CLOSE + SLACK}
    assert not worse, f"seed {seed}: {what}: {worse}"


@pytest.mark.parametrize("seed", range(8))
def test_a_few_random_networks_are_no_slower(seed, tmp_path):
    check(seed, tmp_path)


@pytest.mark.slow
def test_many_random_networks_are_no_slower(tmp_path):
    for seed in range(100, 160):
        check(seed, tmp_path)


CONFIGURATIONS = {
    "as the note": Configuration(),
    "channelwise": Configuration(channelwise=True, rowwise=True),
    "symmetric, int8 bias": Configuration("symmetric", bias_precision="int8"),
}


@pytest.mark.parametrize("configuration", sorted(CONFIGURATIONS))
@pytest.mark.parametrize("name", ["lenet_like", "mobile"])
def test_networks_quantised_in_every_way(name, configuration, tmp_path):
    made = zoo.NETWORKS[name]()
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    measured = profile.measure(driver.float_graph(tmp_path / "net.onnx", {}), zoo.samples(made, 20))
    request = driver.Request({}, measured, CONFIGURATIONS[configuration], True)
    graph = driver.compiled_graph(tmp_path / "net.onnx", request)
    images = affine.quantise(zoo.samples(made, 3), graph.placeholders[0].output.type)
    expected = interpreter.run_many(graph, images)
    assert {node.kind for node in for_dsp(graph).in_order()} & {"PairSums", "Planes"}
    assert np.array_equal(emulated(graph, "fast", tmp_path).run(images), expected)


@pytest.mark.parametrize("name", ["int8", "dense", "qat", "operators/dilated"])
def test_networks_that_are_integer_already(name, tmp_path):
    graph = driver.compiled_graph(TFLITE / f"{name}.tflite", driver.Request())
    shape = graph.placeholders[0].output.type.shape
    images = np.random.default_rng(2).integers(-128, 128, (4, *shape[1:])).astype(np.int8)
    assert "PairSums" in {node.kind for node in for_dsp(graph).in_order()}
    expected = interpreter.run_many(graph, images)
    assert np.array_equal(emulated(graph, "fast", tmp_path).run(images).reshape(expected.shape), expected)


def test_the_graph_that_was_given_stays_as_it_was():
    graph = random_networks.Maker(3).network()
    before = [(node.kind, node.name, [v.name for v in node.inputs]) for node in graph.nodes]
    for_dsp(graph)
    assert before == [(node.kind, node.name, [v.name for v in node.inputs]) for node in graph.nodes]
