"""Buffers: aligned, within their region, and never two at one place at one time."""

from itertools import combinations

import numpy as np

from helpers.compiler import driver
from helpers.compiler.backends import memory_plan, packing
from helpers.compiler.backends.dsp.rewrite import for_dsp
from helpers.evaluation import sample_networks


def test_the_notes_network_takes_no_more_than_real_glow(note_model, note_request):
    layout = memory_plan.plan(driver.compiled_graph(note_model, note_request))
    assert (layout.constant_bytes, layout.mutable_bytes) == (2176, 896)
    assert layout.peak_bytes <= layout.activations_bytes <= 1088


def test_buffers_that_live_at_the_same_time_do_not_overlap(note_model, note_request):
    layout = memory_plan.plan(driver.compiled_graph(note_model, note_request))
    place = {buffer: layout.activations[buffer.values[0]] for buffer in layout.buffers}
    assert all(at % memory_plan.ALIGNMENT == 0 and at + b.bytes <= layout.activations_bytes for b, at in place.items())
    for a, b in combinations(layout.buffers, 2):
        if a.first <= b.last and b.first <= a.last:
            assert place[a] + a.bytes <= place[b] or place[b] + b.bytes <= place[a]


def test_constants_and_placeholders_lie_in_a_row(note_model, note_request):
    graph = driver.compiled_graph(note_model, note_request)
    layout = memory_plan.plan(graph)
    at = 0
    for node in graph.constants:
        assert layout.constant[node.output] == at
        at += memory_plan.aligned(node.output.type.bytes)
    assert at == layout.constant_bytes


def test_packing_finds_the_hole(save_onnx, node):
    """Two branches: the second's buffers go where the first's have been."""
    nodes = [
        node("Relu", ["x"], ["a"]),
        node("Relu", ["a"], ["b"]),
        node("Relu", ["b"], ["c"]),
        node("Relu", ["c"], ["y"]),
    ]
    graph = driver.compiled_graph(save_onnx(nodes, {"x": [1, 64]}, ["y"]), driver.Request())
    assert memory_plan.plan(graph).activations_bytes <= 2 * 256


def test_the_m7_computes_in_place():
    """Layers overwrite their input, larger results as well; scratch buffers keep clear of both."""
    graph = sample_networks.lenet()
    layout = memory_plan.plan(for_dsp(graph))
    assert layout.activations_bytes < 0.5 * memory_plan.plan(graph).activations_bytes
    assert any(len({value.type.bytes for value in buffer.values}) > 1 for buffer in layout.buffers)
    place = {buffer: layout.activations[buffer.values[0]] for buffer in layout.buffers}
    for a, b in combinations(layout.buffers, 2):
        if a.first <= b.last and b.first <= a.last:
            assert place[a] + a.bytes <= place[b] or place[b] + b.bytes <= place[a]
    assert all(buffer.bytes >= value.type.bytes for buffer in layout.buffers for value in buffer.values)


CHAIN = [packing.Buffer((step,), size, step, step + 1) for step, size in enumerate((640, 1280, 1280))]  # a, b, c


def test_a_result_may_begin_some_bytes_below_its_input():
    """a and b share all but 64 bytes, b and c all."""
    overlaps = [packing.Overlap(0, 1, 704), packing.Overlap(1, 2, None)]
    places, size = packing.packed(CHAIN, overlaps)
    assert size == packing.peak_bytes(CHAIN, overlaps) == 1344
    assert places[0] - places[1] >= 704 and places[1] == places[2]


def test_buffers_that_may_share_bytes_need_not():
    """The target must not begin above where the distance allows; without an overlap both lie apart."""
    assert packing.packed(CHAIN)[1] == packing.peak_bytes(CHAIN) == 2560
    for distance in range(0, 1344, 64):
        overlaps = [packing.Overlap(0, 1, distance)]
        (a, b, c), size = packing.packed(CHAIN, overlaps)
        assert a - b >= distance or b >= a + 640
        assert abs(b - c) >= 1280 and size == 2560


def test_an_overlap_is_used_only_where_both_places_are_free():
    """Another buffer lives at the time: the result lies over its input, not over that."""
    buffers = [*CHAIN[:2], packing.Buffer(("other",), 128, 0, 3)]
    (a, b, other), size = packing.packed(buffers, [packing.Overlap(0, 1, None)])
    assert a == b and size == 1408 and (other >= b + 1280 or other + 128 <= b)


def test_each_buffer_is_held_against_all_of_its_time():
    """Those that live while it does are found in one sweep over time, not by asking every pair."""
    random = np.random.default_rng(7)
    firsts, lengths = random.integers(0, 60, 80), random.integers(0, 20, 80)
    buffers = [packing.Buffer((), 64, int(a), int(a + n)) for a, n in zip(firsts, lengths, strict=True)]
    found = packing._of_the_same_time(buffers)
    for number, (mine, near) in enumerate(zip(buffers, found, strict=True)):
        met = [n for n, other in enumerate(buffers) if other.first <= mine.last and mine.first <= other.last]
        assert sorted([*near, number]) == met and len(near) == len(set(near))
