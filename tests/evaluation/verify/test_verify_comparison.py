"""All forms of a network compared; a wrong weight in a bundle is found and its layer named."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.common.errors import BadParameter, BoardFault, Unsupported
from helpers.compiler import driver
from helpers.compiler import targets as forms
from helpers.compiler.backends import memory_plan
from helpers.evaluation.verify import comparison, integers, samples
from helpers.network import onnx_session

DIGIT = str(artifacts.DATA / "current_test_image.png")
TFLITE = Path(__file__).parents[2] / "compiler" / "tflite"
MODEL = Path(__file__).parents[2] / "reference" / "MNIST_NXP.onnx"
PLAIN = integers.targets(["cortex-m0plus"], ["plain"])


def by_form(found):
    return {row.form: row for row in found.rows}


def offset_of(quantisation, part: str) -> int:
    """Where the weights of a layer lie in the plain bundle's constants."""
    graph = integers.graph(MODEL, {"N": 1}, np.zeros((1, 28, 28, 1), np.float32), quantisation)
    places = memory_plan.plan(graph).constant
    return next(at for value, at in places.items() if part in value.name)


def test_the_notes_network_in_five_forms(quantisation):
    targets = integers.targets(["cortex-m0plus", "cortex-m7"], ["fast", "least-ram"])
    labels = samples.Loading(labels=np.array([7]))
    found = comparison.verify(artifacts.DATA / "mnist.h5", [DIGIT], targets, quantisation, labels)
    assert found.passed and found.count == 1
    assert [row.form for row in found.rows] == [
        "Keras", "ONNX", "integers (numpy)", "compiled here", "cortex-m0plus, fast", "cortex-m0plus, least-ram",
        "cortex-m7, fast",
    ]  # fmt: skip
    assert [row.bit_equal for row in found.rows] == [None, None, None, True, True, True, True]
    assert [row.agrees for row in found.rows] == [None, True, None, True, True, True, True]
    assert {row.accuracy for row in found.rows} == {1.0}
    assert 0 < found.rows[1].largest_difference < 1e-4 < found.rows[2].largest_difference


@pytest.mark.parametrize(
    ("layer", "constant", "byte"), [("conv_2", "conv_2_Conv2D", 0), ("dense_2", "dense_2_BiasAdd", 1)]
)
def test_a_wrong_weight_for_the_core_is_found_in_its_layer(layer, constant, byte, quantisation, wrong_weight):
    wrong_weight("cortex-m0plus", offset_of(quantisation, constant) + byte)
    found = comparison.verify(MODEL, [DIGIT], PLAIN, quantisation)
    row = by_form(found)["cortex-m0plus, plain"]
    assert not found.passed and row.bit_equal is False and row.largest_difference > 0
    assert row.mismatches[0].sample == "current_test_image.png"
    assert f"layer sequential_{layer}_" in row.mismatches[0].layer
    assert "values differ, first [0, " in row.mismatches[0].layer
    assert by_form(found)["compiled here"].bit_equal


def test_a_wrong_weight_for_this_machine_is_found_in_its_layer(quantisation, wrong_weight):
    wrong_weight(None, offset_of(quantisation, "conv_1_Conv2D"))
    rows = by_form(comparison.verify(MODEL, [DIGIT], PLAIN, quantisation))
    assert "layer sequential_conv_1_" in rows["compiled here"].mismatches[0].layer
    assert rows["compiled here"].agrees is False
    assert rows["cortex-m0plus, plain"].agrees is True  # it is compared with the last form that is right


def test_a_wrong_weight_in_packed_constants_is_found(quantisation, wrong_weight):
    wrong_weight("cortex-m0plus", 1)
    found = comparison.verify(MODEL, [DIGIT], integers.targets(["cortex-m0plus"], ["fast"]), quantisation)
    assert found.rows[-1].mismatches[0].layer.startswith("layer sequential_")


def test_a_fault_that_only_the_whole_network_shows(small, wrong_weight):
    model, words = small
    wrong_weight("cortex-m0plus", 0, only=lambda graph: graph.outputs[0][0] != "layer_output")
    found = comparison.verify(model, words, PLAIN)
    assert found.rows[-1].mismatches[0].layer.startswith("each layer agrees")


def test_a_fault_on_the_core_fails_and_a_form_that_cannot_be_does_not(small, monkeypatch):
    def stop(graph, inputs, target, folder, run=integers.compiled):
        if target.form != "plain":
            raise (BoardFault if target.form == "fast" else Unsupported)(f"because {target.form}")
        return run(graph, inputs, target, folder)

    monkeypatch.setattr(integers, "compiled", stop)
    found = comparison.verify(*small, integers.targets(["cortex-m0plus"], ["fast", "small-flash"]))
    assert [row.agrees for row in found.rows[-2:]] == [False, None]
    assert [row.refused for row in found.rows[-2:]] == ["because fast.", "because small-flash."]
    assert not found.passed and found.rows[0].accuracy is not None


def test_two_float_forms_that_differ_fail(monkeypatch, quantisation):
    run = onnx_session.run
    monkeypatch.setattr(onnx_session, "run", lambda network, inputs: run(network, inputs) + np.float32(0.5))
    found = comparison.verify(artifacts.DATA / "mnist.h5", [DIGIT], {}, quantisation)
    assert by_form(found)["ONNX"].agrees is False and not found.passed
    assert comparison.verify(artifacts.DATA / "mnist.h5", [DIGIT], {}, quantisation, tolerance=1.0).passed


@pytest.mark.parametrize("name", ["float", "int8", "dense"])
def test_tflite_networks(name, tmp_path):
    with np.load(TFLITE / "answers.npz", allow_pickle=False) as answers:
        shape = answers[f"{name}_inputs"].shape[1:]
    inputs = np.random.default_rng(4).standard_normal((5, *shape)).astype(np.float32)
    np.savez(tmp_path / "x.npz", x=inputs)
    found = comparison.verify(TFLITE / f"{name}.tflite", [str(tmp_path / "x.npz")], {"compiled here": driver.Target()})
    assert found.passed and [row.form for row in found.rows] == ["ONNX", "TFLite", "integers (numpy)", "compiled here"]
    assert found.rows[1].agrees is (True if name == "float" else None)
    assert found.rows[2].largest_difference < 0.02


def test_layers_that_stay_float_are_compared_with_the_tolerance(quantisation):
    wide = dataclasses.replace(quantisation.configuration, precision="int16")
    found = comparison.verify(MODEL, [DIGIT], PLAIN, dataclasses.replace(quantisation, configuration=wide))
    assert found.passed and [row.bit_equal for row in found.rows] == [None, None, None, True]


@pytest.mark.parametrize(
    ("cores", "forms"), [(["cortex-m9"], None), (["cortex-m0"], ["faster"]), (["cortex-m7"], ["least-ram"])]
)
def test_an_unknown_core_or_form(cores, forms):
    with pytest.raises(BadParameter, match=" Use "):
        integers.targets(cores, forms)


def test_every_form_of_every_core_where_none_is_named():
    named = integers.targets(list(forms.CPUS), None)
    assert next(iter(named)) == "compiled here" and len(named) == 1 + sum(len(forms.of(core)) for core in forms.CPUS)
    assert list(integers.targets(["cortex-m0", "cortex-m7"], ["small-flash"])) == [
        "compiled here",
        "cortex-m0, small-flash",
    ]


def narrowed(quantisation, factor: float) -> integers.Quantisation:
    """The same with the ranges of every value made smaller, as of inputs in other units."""
    entries = {
        name: dataclasses.replace(each, low=each.low * factor, high=each.high * factor)
        for name, each in quantisation.profile.entries.items()
    }
    return dataclasses.replace(quantisation, profile=dataclasses.replace(quantisation.profile, entries=entries))


def test_integers_that_have_nothing_to_do_with_the_float_form_are_an_alarm(quantisation):
    found = comparison.verify(MODEL, [DIGIT], PLAIN, narrowed(quantisation, 0.01))
    row = by_form(found)["integers (numpy)"]
    assert not found.passed and row.agrees is False
    assert re.match(
        r"integers are off by \d+ steps; the first layer is .+ \(MaxPool\), by \d+ steps",
        row.mismatches[0].layer,
    )
    assert by_form(found)["cortex-m0plus, plain"].bit_equal  # with the integers, which are what it is to give
    assert comparison.verify(MODEL, [DIGIT], PLAIN, narrowed(quantisation, 0.8)).passed
