"""Files as PyTorch and scikit-learn export them: the exporter's own answers in float32, the same integers in numpy and in C."""

import warnings
from pathlib import Path

import every_door
import numpy as np
import pytest

from helpers.compiler import driver
from helpers.compiler.numerics import affine

HERE = Path(__file__).parent
FILES = [path for folder in ("pytorch", "pt2e", "scikit_learn") for path in every_door.files(HERE / folder)]


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def file(request):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that labels are cut off
        yield request.param


def test_there_are_enough():
    assert len(FILES) >= 55


def test_float32_is_what_the_exporter_computes(file):
    limit = every_door.STEPS if every_door.quantised(file) else every_door.CLOSE
    assert every_door.float_difference(file) < limit


def test_integers_are_close_and_the_same_in_c(file):
    inputs, answers = every_door.asked(file)
    graph = every_door.integer_graph(file)
    computed = every_door.one_by_one(graph, every_door.interpreter_inputs(graph, inputs)).reshape(answers.shape)
    kept = graph.outputs[0][1].type
    real = affine.dequantise(computed, kept) if kept.quantised else computed
    assert np.abs(real - answers).mean() < 0.05 * max(np.ptp(answers), 1e-3)
    assert every_door.wrong_forms(file, every=False) == []


def test_labels_are_cut_off_with_a_word_about_it():
    with pytest.warns(UserWarning, match="'output_label' is left out, .* take the class from 'output_probability'"):
        graph = driver.float_graph(HERE / "scikit_learn" / "mlp_classifier-skl2onnx.onnx", {})
    assert [name for name, _ in graph.outputs] == ["output_probability"]


def test_the_cluster_of_k_means_is_said_to_be_where_the_distance_is_smallest():
    with pytest.warns(UserWarning, match="take the class from 'scores', where it is smallest"):
        driver.float_graph(HERE / "scikit_learn" / "kmeans-skl2onnx.onnx", {})
