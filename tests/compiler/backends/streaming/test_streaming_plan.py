"""The plan of a streamed network: what each row depends on is there when the row is made, and little else is kept."""

import int8_networks
import pytest
import random_networks

from helpers.common.errors import Unsupported
from helpers.compiler import driver
from helpers.compiler.backends.streaming.chain import chain, takes
from helpers.compiler.backends.streaming.plan import plan
from helpers.compiler.ir.graph import Graph, TensorType


@pytest.fixture
def note(note_model, note_request):
    return plan(chain(driver.compiled_graph(note_model, note_request)))


def replayed(planned) -> None:
    """Follow the events with names in place of rows; raises AssertionError where a row is missing or lost."""
    layers, rows = planned.layers, planned.rows
    held = [[None] * each.slots for each in rows]
    held[0], made = list(range(layers[0].source[0])), [0] * len(layers)
    for event in planned.events:
        k, layer = event.layer, layers[event.layer]
        first = made[k] * layer.window.strides[0] - layer.window.pads[0]
        seen = held[0][first:] if k == 0 else held[k]
        for tap in range(0, layer.reach, layer.window.dilations[0]):
            row = first + tap
            assert seen[tap] == (row if 0 <= row < layer.source[0] else None), (layer.name, made[k], tap)
        held[k + 1][event.slot] = made[k]
        made[k] += 1
        if k and layer.result[0] > 1:
            held[k] = held[k][rows[k].step :] + [None] * rows[k].step
    assert made[-1] == layers[-1].result[0]


@pytest.mark.parametrize("seed", range(200))
def test_every_row_is_there_when_it_is_read(seed):
    replayed(plan(chain(random_networks.Maker(seed).network())))


def test_the_notes_network_keeps_a_few_rows(note):
    replayed(note)
    assert [each.slots for each in note.rows[1:6]] == [3, 2, 3, 2, 3]
    assert note.activations_bytes < 440


def test_rows_that_nothing_depends_on_are_not_made(note):
    rows = [sum(event.layer == k for event in note.events) for k in range(len(note.layers))]
    assert rows[:6] == [14, 14, 7, 6, 3, 3]  # the third pool leaves out the seventh row of the second convolution


def test_buffers_of_the_same_time_do_not_meet(note):
    for a, left in zip(note.places, note.buffers, strict=True):
        for b, right in zip(note.places, note.buffers, strict=True):
            together = left.first <= right.last and right.first <= left.last
            assert left is right or not together or a + left.bytes <= b or b + right.bytes <= a
    assert all(place % 4 == 0 for place in note.places)


def branching() -> Graph:
    graph = Graph("branching")
    x = graph.add_placeholder("x", TensorType((1, 4, 4, 1), "int8", 1.0, 0))
    y = graph.add("Relu", "relu", [x], [x.type]).output
    graph.add_output("y", graph.add("Add", "sum", [x, y], [x.type]).output)
    return graph


def test_what_is_no_chain_is_left_to_bands(note_model, tmp_path):
    with pytest.raises(Unsupported, match="sum.*Add in a chain of Convolution, FullyConnected"):
        chain(branching())
    target, floats = (
        driver.Target("cortex-m0", form="least-ram"),
        driver.compiled_graph(note_model, driver.Request({"N": 1})),
    )
    residual = int8_networks.NETWORKS["residual"]()
    assert not takes(residual) and driver.form_of(residual, target) == "least-ram"
    assert not takes(floats) and driver.form_of(floats, target) == "plain"
    driver.emit_bundle(floats, tmp_path, "net", target)
