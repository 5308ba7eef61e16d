"""Notebook 22's measurements: each choice compiled for real, what it gives and costs, kept and read back."""

import json
from pathlib import Path

import numpy as np
import pytest

from helpers.common.errors import BadInput, MissingInput
from helpers.data import mnist
from helpers.evaluation import quantisation_choices
from helpers.evaluation.quantisation_choices import Choice
from helpers.plots import quantisation_choices as figures
from helpers.plots import style
from helpers.widgets.choice_explorer import Explorer

MODEL = Path(__file__).parents[1] / "reference" / "MNIST_NXP.onnx"
FEW = [Choice(), Choice(schema="symmetric_with_power2_scale"), Choice(channelwise=True, profile_images=10)]


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBOOK_BUILD", str(tmp_path_factory.mktemp("choices")))
        found = quantisation_choices.run(MODEL, FEW, 300)
        assert quantisation_choices.read() == found
        yield found


def test_the_accuracies_are_those_of_the_test_images(measured):
    assert measured.images == 300 and measured.source == mnist.load().source
    assert measured.float_accuracy > 0.9
    for outcome in measured.outcomes:
        assert abs(outcome.accuracy - measured.float_accuracy) < 0.03 and outcome.as_float > 0.95


def test_the_notes_choice_is_the_reference_bundle(measured):
    note = measured.of(Choice())
    with np.load(MODEL.parent / "logits.profile1.test10k.npz", allow_pickle=False) as reference:
        expected = reference["logits"][:300].argmax(1) == mnist.load().y_test[:300]
    if len(mnist.load().y_test) == 10_000:
        assert note.accuracy == expected.mean()
    assert note.cycles < 60_000 and note.ram_bytes < 3_000 < note.flash_bytes


def test_chosen_weights_are_cheaper_and_no_worse(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_BUILD", str(tmp_path))
    nearest, chosen = (Choice(weight_bits=6, price=price) for price in (None, quantisation_choices.PRICE))
    found = quantisation_choices.run(MODEL, [Choice(), nearest, chosen], 1000)
    note, nearest, chosen = found.outcomes
    assert chosen.cycles < nearest.cycles < 0.84 * note.cycles
    assert chosen.accuracy >= nearest.accuracy - 0.002


def test_every_choice_of_eight_bits_has_fast_code(measured):
    assert all(outcome.cycles < 1.1 * measured.of(Choice()).cycles for outcome in measured.outcomes)


def test_a_choice_that_was_not_measured(measured):
    with pytest.raises(BadInput, match="Run notebook 22 with every choice"):
        measured.of(Choice(precision="int16"))


def test_before_the_notebook_ran(build):
    with pytest.raises(MissingInput, match="22_quantisation_choices"):
        quantisation_choices.read()


def test_names_say_what_differs():
    assert Choice().name == "the note's"
    assert Choice(weight_bits=6).name == "weights of 6 bits"
    assert Choice(weight_bits=6, price=10.0).name == "weights of 6 bits, chosen at price 10"
    named = Choice("symmetric", "int16", "int8", "KL", True, True, True, 100).name
    assert named == "symmetric, int16, int8 bias, KL calibration, weights too, channelwise, rowwise, 100 images"


def test_the_sets_hold_every_value_once():
    every = quantisation_choices.SETS["all"]()
    assert len(set(every)) == len(every) and set(quantisation_choices.grid()) < set(every)
    assert len(quantisation_choices.grid()) == 4 * 2 * 3 and set(quantisation_choices.SETS["one by one"]()) < set(every)
    assert {each.calibration for each in every} == {"none", "KL"} and any(each.rowwise for each in every)


def test_the_explorer_follows_its_controls(measured):
    explorer = Explorer(measured)
    assert f"{measured.of(Choice()).accuracy:.2%}" in explorer.shown.value and "1.00 times" in explorer.shown.value
    explorer.schema.value = "symmetric_with_power2_scale"
    assert f"{measured.of(FEW[1]).cycles:,}" in explorer.shown.value
    explorer.images.value = 100
    assert "not measured" in explorer.shown.value
    data, _ = explorer._repr_mimebundle_()
    assert data["image/png"] and "application/vnd.jupyter.widget-view+json" in data


def test_every_figure_draws(measured, tmp_path):
    one, ten = (quantisation_choices.profile_over(MODEL, count) for count in (1, 10))
    name = "sequential_dense_2_MatMul__1:0"
    made = [
        figures.rulers({"an output": (0.0, 2.0), "weights": (-0.6, 0.8)}), figures.layers({1: one, 10: ten}, {name: "output"}),
        figures.channels(np.arange(12.0).reshape(3, 4)), figures.narrowed(ten.entries[name]), figures.overview(measured, FEW),
        figures.every_combination(measured), figures.trade(measured, [FEW[0]]),
    ]  # fmt: skip
    for number, figure in enumerate(made):
        figure.savefig(tmp_path / f"{number}.png")
        style.plt.close(figure)
        assert (tmp_path / f"{number}.png").stat().st_size > 5_000


def test_what_is_kept_is_plain_json(measured, monkeypatch, build):
    path = quantisation_choices.artifacts.write_json(
        build / "x.json", quantisation_choices.dataclasses.asdict(measured)
    )
    assert json.loads(path.read_text())["outcomes"][0]["choice"]["schema"] == "asymmetric"
