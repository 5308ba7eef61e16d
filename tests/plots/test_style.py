"""The figures can be told apart printed in grey, and by the colour-blind."""

import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from helpers.compiler import targets
from helpers.evaluation.results import Row
from helpers.evaluation.speed import Averaged, Figures, InRam
from helpers.hardware import boards
from helpers.network.history import History
from helpers.plots import curves, firmware, results, speed, style

matplotlib.use("agg")
COLOURS = {
    name: getattr(style, name) for name in ("BLACK", "ORANGE", "SKY", "GREEN", "YELLOW", "BLUE", "VERMILION", "PURPLE")
}
LEAST_GREY = 10  # of 100 steps of CIE lightness
LEAST_COLOUR = 9  # distance in CIE Lab

# How linear sRGB looks to those who lack one kind of cone: Machado, Oliveira and Fernandes 2009, severity 1.
SIGHT = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
# sRGB to CIE XYZ over the white point D65 (IEC 61966-2-1).
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


@pytest.fixture(autouse=True)
def closed():
    yield
    style.plt.close("all")


def linear(colour) -> np.ndarray:
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """Lightness 0 to 100, and the two opponent colours, of linear sRGB."""
    relative = XYZ @ np.clip(rgb, 0, 1) / XYZ.sum(axis=1)
    cube = np.where(relative > 0.008856, np.cbrt(relative), 7.787 * relative + 16 / 116)
    return np.array([116 * cube[1] - 16, 500 * (cube[0] - cube[1]), 200 * (cube[1] - cube[2])])


def grey(colour) -> float:
    """How light a colour is on a printer without colours, 0 to 100."""
    return float(lab(linear(colour))[0])


def told_apart(one: tuple, other: tuple) -> bool:
    """Whether two series (colour, what else marks it) differ in print: by their mark, or in lightness."""
    return one[1:] != other[1:] or abs(grey(one[0]) - grey(other[0])) >= LEAST_GREY


def bars(plot) -> list[tuple]:
    """Each bar series of a plot, in order: its colour and its hatch."""
    firsts = [container.patches[0] for container in plot.containers if container.patches]
    return [(patch.get_facecolor()[:3], patch.get_hatch() or "") for patch in firsts]


def lines(plot) -> list[tuple]:
    return [
        (line.get_color(), line.get_linestyle(), line.get_marker()) for line in plot.lines if len(line.get_xdata()) > 2
    ]


def test_the_measure_knows_black_from_white():
    assert grey("black") == pytest.approx(0) and grey("white") == pytest.approx(100, abs=0.1)
    assert told_apart(("black", ""), ("white", "")) and told_apart(("red", "//"), ("red", ""))
    assert not told_apart(("#0072B2", ""), ("#0072B8", ""))


@pytest.mark.parametrize("sight", SIGHT)
def test_the_palette_is_seen_by_the_colour_blind(sight):
    seen = {name: lab(np.array(SIGHT[sight]) @ linear(colour)) for name, colour in COLOURS.items()}
    distances = {pair: np.linalg.norm(seen[pair[0]] - seen[pair[1]]) for pair in itertools.combinations(seen, 2)}
    assert {pair: distance for pair, distance in distances.items() if distance < LEAST_COLOUR} == {}


def test_the_series_of_the_palette_differ_in_print():
    series = [style.series(index) for index in range(6)]
    keys = [(each["color"], each["hatch"]) for each in series]
    assert all(told_apart(one, other) for one, other in itertools.combinations(keys, 2))


def test_curves_differ_in_print():
    history = History("note", 32, 1, 60, 10)
    for epoch in range(12):
        history.add(loss=1 / (epoch + 1), accuracy=0.5, val_loss=0.25, val_accuracy=0.75)
    for plot in curves.both(history).axes:
        assert told_apart(*lines(plot))


def test_neighbours_in_the_memory_map_differ_in_print():
    orders = (
        ["network's code", "constant weights", "image", "all other code and data"],
        ["image", "input and output", "activations", "constant weights", "room for the stack", "other variables"],
        ["image", "input and output", "activations", "room for the stack", "other variables"],
        ["room for the stack", "heap", "other variables"],
    )
    for order in orders:
        looks = [(firmware.COLOURS[name], firmware.HATCHES.get(name, "")) for name in order]
        assert all(told_apart(*pair) for pair in itertools.pairwise(looks)), order
    assert set(firmware.COLOURS) == {name for order in orders for name in order}


def test_the_notes_bars_differ_from_ours():
    figures = {"flash_bytes": 9000, "ram_bytes": 3000, "stack_bytes": 100, "cycles_zero_wait": 1, "time_ms": 7.0}
    note = {"note_flash_bytes": 22000, "note_ram_bytes": 7000, "note_time_ms": 13.0}
    board = boards.load("ke16z")
    row = Row(
        board=board.name,
        core=board.core,
        clock_hz=1,
        weights="flash",
        top1=7,
        agrees_with_keras=True,
        **figures,
        **note,
    )
    for plot in results.table2([row, row]).axes:
        assert told_apart(*bars(plot))


def test_forms_differ_in_print():
    forms = [Figures(name, 1000, 1500, 100, 100, 10, {"conv_1": 500, "dense_1": 400}) for name in ("a", "b", "c", "d")]
    series = bars(speed.layers(forms).axes[0])
    assert len(series) == 4
    assert all(told_apart(*pair) for pair in itertools.combinations(series, 2))


def test_forms_of_the_pareto_chart_have_each_a_mark_of_their_own():
    names = targets.of("cortex-m0plus")
    forms = [
        Averaged(name, 40_000 - index, 60_000, 5000 + index, 500, 10, {}, 39_000, 41_000)
        for index, name in enumerate(names)
    ]
    moved = {name: InRam(45_000, 3000) for name in names}
    for plot in speed.pareto(forms, moved).axes:
        marks = [line.get_marker() for line in plot.lines if line.get_label().partition(":")[0] in names]
        assert len(marks) == len(set(marks)) == len(names)
    half_filled = [line.get_marker() for line in plot.lines if line.get_fillstyle() == "left"]
    assert half_filled == marks, "each form's mark keeps its shape where its hot loops are in RAM"
