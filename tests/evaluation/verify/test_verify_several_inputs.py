"""Networks of several inputs and outputs in all forms; a wrong weight behind any output is found."""

import numpy as np
import onnx
import pytest

from helpers.compiler.backends import memory_plan
from helpers.evaluation.verify import comparison, floats, integers
from helpers.own_network import fit
from tests import samples

PLAIN = integers.targets(["cortex-m0plus"], ["plain"])
COUNT = 5


@pytest.fixture
def step(tmp_path):
    """A network of two inputs and two outputs, and an .npz of samples for it."""
    onnx.save(samples.frame_and_state(), tmp_path / "step.onnx")
    random = np.random.default_rng(7)
    frame, state = (random.normal(size=(COUNT, size)).astype(np.float32) for size in (6, 4))
    np.savez(tmp_path / "x.npz", state=state, frame=frame, y=np.zeros(COUNT, int))
    return tmp_path / "step.onnx", [str(tmp_path / "x.npz")]


def test_every_form_agrees_and_the_first_output_is_the_class(step):
    found = comparison.verify(*step, integers.targets(["cortex-m0plus", "cortex-m7"], None))
    assert found.passed and found.count == COUNT
    rows = found.rows
    assert not any(row.refused for row in rows) and "cortex-m0plus, least-ram" in {row.form for row in rows}
    assert [row.bit_equal for row in rows] == [None, None, *[True] * (len(rows) - 2)]
    (_, run), = floats.source(step[0], None).forms  # fmt: skip
    with np.load(step[1][0]) as given:
        scores = run({"frame": given["frame"], "state": given["state"]})["scores"]
    assert rows[0].accuracy == np.mean(scores.argmax(1) == 0)


@pytest.mark.parametrize("layer", ["first", "second"])
def test_a_wrong_weight_behind_either_output_is_found(layer, step, wrong_weight):
    graph = integers.graph(step[0], {}, fit.random_inputs(step[0], {}, 1), integers.DEFAULT)
    places = memory_plan.plan(graph).constant
    weights = next(node.inputs[1] for node in graph.nodes if node.kind == "FullyConnected" and layer in node.name)
    wrong_weight("cortex-m0plus", places[weights])
    row = comparison.verify(*step, PLAIN).rows[-1]
    assert row.bit_equal is False and f"layer {layer}" in row.mismatches[0].layer


def test_tflite(tmp_path):
    from helpers.network.keras import tf

    image, sensor = tf.keras.Input((4, 4, 1), 1), tf.keras.Input((3,), 1)
    flat = tf.keras.layers.Flatten()(tf.keras.layers.Conv2D(2, 3, activation="relu")(image))
    joined = tf.keras.layers.Concatenate()([sensor, flat])
    model = tf.keras.Model([image, sensor], [tf.keras.layers.Dense(5)(joined), tf.keras.layers.Dense(2)(flat)])
    (tmp_path / "net.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    fit.write_random_inputs(tmp_path / "net.tflite", tmp_path / "x.npz", COUNT)
    found = comparison.verify(tmp_path / "net.tflite", [str(tmp_path / "x.npz")], PLAIN)
    assert found.passed and [row.form for row in found.rows][:2] == ["ONNX", "TFLite"]
    assert found.rows[1].agrees and found.rows[1].largest_difference < 1e-5
