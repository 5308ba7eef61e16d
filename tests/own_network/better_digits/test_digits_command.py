"""python -m helpers digits: it trains, writes and measures; what it writes are the integers that training saw."""

import dataclasses

import numpy as np
import pytest

from helpers.data import mnist
from helpers.network import cnn
from helpers.network.better_digits import rounding, training
from helpers.own_network.better_digits import cli, files, measured


@pytest.fixture
def few(monkeypatch) -> mnist.Mnist:
    """A thousand images, which the command then finds as well."""
    data = mnist.load()
    parts = {name: getattr(data, name)[:1000] for name in ("x_train", "y_train", "x_test", "y_test")}
    small = dataclasses.replace(data, **parts)
    monkeypatch.setattr(mnist, "load", lambda: small)
    return small


def test_the_files_hold_the_integers_that_training_saw(few, tmp_path):
    trained = training.train(few, epochs=2, rounded_epochs=1)
    graph = files.integer_graph(files.write(trained, measured.as_input(few.x_train), tmp_path / "a.onnx"))
    seen = rounding.forward(trained.network, trained.scales, cnn.as_input(few.x_test)).numpy()
    apart = np.abs(measured.outputs(graph, few.x_test) - seen / trained.scales.results["dense_1"])
    # Halves are rounded to even there and up here, and biases are integers here: a step now and then.
    assert apart.max() <= 2 and (apart == 0).mean() > 0.75
    assert abs(training.right(trained, few.x_test, few.y_test) - measured.right(graph, few.x_test, few.y_test)) <= 10
    again = files.write(trained, measured.as_input(few.x_train), tmp_path / "b.onnx")
    for ending in (".onnx", ".yaml"):
        assert again.with_suffix(ending).read_bytes() == (tmp_path / f"a{ending}").read_bytes()


def test_a_seed_is_trained_written_and_measured(few, build, capsys):
    assert cli.main(["--seeds", "7", "--epochs", "1", "--rounded-epochs", "1", "--bits", "3"]) == 0
    said = capsys.readouterr().out
    assert "seed 7, float32 epoch 1: loss" in said and "seed 7, rounded epoch 1: loss" in said
    assert (build / "better_digits" / "seed7.onnx").is_file() and (build / "better_digits" / "seed7.yaml").is_file()
    head, row = (line.split() for line in said.splitlines()[-2:])
    assert head[0] == "seed" and row[0] == "7" and float(row[-1]) < 10


def test_the_shipped_ones_are_measured_and_not_trained(few, capsys):
    assert cli.main(["--shipped", "--seeds", "2"]) == 0
    said = capsys.readouterr().out
    assert "epoch" not in said and said.splitlines()[-1].split()[0] == "2"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--shipped", "--bits", "4"], "--bits: nothing is trained"),
        (["--shipped", "--epochs", "4"], "--epochs: nothing is trained"),
        (["--shipped", "--seeds", "9"], "seed9.onnx: does not exist"),
        (["--bits", "1"], "bits: is 1"),
        (["--board", "none"], "none"),
    ],
)
def test_mistakes_are_one_line(words, says, few, capsys):
    assert cli.main(words) == 2
    assert says in capsys.readouterr().err
