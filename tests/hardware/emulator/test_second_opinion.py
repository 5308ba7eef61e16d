"""rp2040js, which shares no code with our emulator, gives the same outputs and the same cycles."""

import os
import warnings
from pathlib import Path

import numpy as np
import pytest

from helpers.compiler import driver, targets
from helpers.compiler.profiling import profile
from helpers.evaluation.benchmark import shipped

from . import second_opinion

REFERENCE = Path(__file__).parents[2] / "reference"
LONG = os.environ.get("WORKBOOK_SECOND_OPINION") == "all"
FORMS = targets.of("cortex-m0plus") if LONG else ("fast",)
SEEDS = range(1000, 1200) if LONG else range(1000, 1002)


@pytest.fixture(scope="module", autouse=True)
def installed():
    reason = second_opinion.missing()
    if reason is None:
        try:
            second_opinion.install()
        except Exception as error:  # no network, a registry that is down, a proxy: all the same to who runs the tests
            reason = f"rp2040js could not be installed ({type(error).__name__})"
    if reason:
        warnings.warn(f"{reason}: cycles were NOT compared with another emulator's", stacklevel=1)
        pytest.skip(reason)


@pytest.mark.parametrize("form", FORMS)
def test_the_notes_network_takes_as_many_cycles_there(form):
    request = driver.Request({"N": 1}, profile.read(REFERENCE / "profile.yaml"), convert_placeholders=True)
    graph = driver.compiled_graph(REFERENCE / "MNIST_NXP.onnx", request)
    assert second_opinion.disagreement(graph, shipped.image()[None], form) is None


@pytest.mark.parametrize("seed", SEEDS)
def test_random_networks_take_as_many_cycles_there(seed):
    graph, inputs = second_opinion.random_network(seed)
    for form in FORMS:
        assert second_opinion.disagreement(graph, inputs, form) is None


def test_a_difference_is_found(monkeypatch):
    theirs = second_opinion.theirs
    graph, inputs = second_opinion.random_network(1000)
    monkeypatch.setattr(second_opinion, "theirs", lambda *words: _with(theirs(*words), cycles=1))
    assert "cycles" in second_opinion.disagreement(graph, inputs, "fast")
    monkeypatch.setattr(second_opinion, "theirs", lambda *words: _with(theirs(*words), flipped=1))
    assert "differs" in second_opinion.disagreement(graph, inputs, "fast")


def _with(opinion, cycles=0, flipped=0):
    content = np.frombuffer(opinion.placeholders, np.uint8) ^ flipped
    return second_opinion.Opinion(opinion.cycles + cycles, content.tobytes())
