"""The plan of the form small-ram: what each row depends on is there when the row is made, and whole values are few."""

import pytest
import random_networks

from helpers.compiler import driver
from helpers.compiler.backends.rows import shortcuts
from helpers.compiler.backends.rows.bands import Band, Cutter
from helpers.compiler.backends.rows.lives import Lives
from helpers.compiler.backends.thumb import plan
from helpers.compiler.backends.values import root
from helpers.compiler.targets import FORMS

BORDER = "border"


def cut(graph) -> list:
    return Cutter(graph, plan.kernels(graph, FORMS["small-ram"])).bands()


@pytest.fixture
def note(note_model, note_request):
    return cut(driver.compiled_graph(note_model, note_request))


def replayed(band: Band) -> None:
    """Follow the events with names in place of rows; raises AssertionError where a row is missing or lost."""
    steps, made = band.steps, [0] * len(band.steps)
    held = [[BORDER] * step.needs.held for step in steps]
    for event in band.order:
        k, needs = event.step, steps[event.step].needs
        if event.border:
            held[k][event.slot] = BORDER
            continue
        first = made[k] * needs.step - needs.top
        for tap in range(needs.reach) if k else ():
            row = first + tap
            assert held[k][tap] == (row if 0 <= row < steps[k].source_rows else BORDER), (k, made[k], tap)
        if k + 1 < len(steps):
            held[k + 1][event.slot] = made[k]
        made[k] += 1
        if k:
            held[k] = held[k][needs.step :] + held[k][needs.held - needs.step :]
    assert made[-1] == steps[-1].result_rows


@pytest.mark.parametrize("seed", range(150))
def test_every_row_is_there_when_it_is_read(seed):
    for each in cut(random_networks.Maker(seed).network()):
        if isinstance(each, Band):
            replayed(each)


def test_random_networks_have_bands():
    assert (
        sum(any(isinstance(each, Band) for each in cut(random_networks.Maker(seed).network())) for seed in range(30))
        > 10
    )


def test_the_notes_network_keeps_a_few_rows(note):
    band, *others = note
    replayed(band)
    assert [step.needs.held for step in band.steps] == [
        2,
        4,
        4,
    ]  # a 3x3 window with a 2x2 pool behind it sees four rows
    assert [step.ring.bytes for step in band.steps[1:]] == [128, 256]  # of 16 half-words, and of 4 channels of 8
    assert band.places[1] == 384
    assert [kernel.kind for kernel in others] == ["channel"] * 3
    assert not band.copies


def test_rows_that_nothing_depends_on_are_not_made(note):
    rows = [sum(event.step == k and not event.border for event in note[0].order) for k in range(3)]
    assert rows == [14, 7, 3]


def test_rings_of_the_same_time_do_not_meet():
    for seed in range(40):
        for band in (each for each in cut(random_networks.Maker(seed).network()) if isinstance(each, Band)):
            offsets, size = band.places
            sizes = [step.ring.bytes for step in band.steps[1:]]
            assert all(at % 4 == 0 and at + each <= size for at, each in zip(offsets, sizes, strict=True))


@pytest.mark.parametrize("seed", range(30))
def test_values_that_wait_are_those_made_before_and_read_behind(seed):
    graph = random_networks.Maker(seed).network()
    kernels = plan.kernels(graph, FORMS["small-ram"])
    inputs = {node.output for node in graph.placeholders}
    lives = Lives(kernels, inputs)
    for first in range(len(kernels)):
        for last in range(first, len(kernels)):
            made = inputs | {root(value) for kernel in kernels[:first] for value in kernel.nodes[-1].outputs}
            read = {value for kernel in kernels[last + 1 :] for value in shortcuts.read(kernel)}
            across = lives.across(first, last)
            assert set(across) == made & read and len(across) == len(set(across))
