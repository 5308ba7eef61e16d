"""The figures of notebook 21 show every buffer, every row and every byte once."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from matplotlib import pyplot as plt

from helpers.compiler import driver
from helpers.compiler.backends import memory_plan
from helpers.compiler.backends.streaming.chain import chain
from helpers.compiler.backends.streaming.plan import plan
from helpers.compiler.profiling import profile
from helpers.hardware import boards
from helpers.plots import streaming

REFERENCE = Path(__file__).parents[1] / "reference"
BOARD = boards.load("ke04z")


@pytest.fixture(scope="module")
def graph():
    request = driver.Request({"N": 1}, profile.read(REFERENCE / "profile.yaml"), convert_placeholders=True)
    return driver.compiled_graph(REFERENCE / "MNIST_NXP.onnx", request)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def boxes(figure) -> list[tuple]:
    return [(box.get_y(), box.get_height()) for box in figure.axes[0].patches]


def test_each_buffer_is_a_box_at_its_address(graph):
    layout, planned = memory_plan.plan(graph), plan(chain(graph))
    steps = [node.name for node in graph.in_order()]
    assert boxes(streaming.whole_images(layout, steps, BOARD)) == [
        (layout.activations[each.values[0]], each.bytes) for each in layout.buffers
    ]
    assert boxes(streaming.rows_only(planned, BOARD)) == [
        (place, each.bytes) for place, each in zip(planned.places, planned.buffers, strict=True)
    ]


def test_each_row_is_numbered_once(graph):
    planned = plan(chain(graph))
    shown = [(text.get_position()[1], text.get_text()) for text in streaming.schedule(planned).axes[0].texts]
    assert len(shown) == len(set(shown)) == len(planned.events)


def test_the_map_reaches_to_the_last_byte():
    run = SimpleNamespace(stack_free_bytes=372, stack_bytes=200)
    parts = {"input and output": 16, "activations": 420, "room for the stack": 256, "other variables": 16}
    plot = streaming.ram_map(parts, run, BOARD).axes[0]
    assert sum(box.get_width() for box in plot.patches) == BOARD.ram[0].size


def test_every_form_is_named():
    plot = streaming.memory_for_time([("plain", 1984, 241068), ("least-ram", 436, 115016)]).axes[0]
    assert [text.get_text() for text in plot.texts] == ["plain", "least-ram"]
