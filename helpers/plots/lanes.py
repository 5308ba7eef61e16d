"""Figures of notebook 20's trick: two numbers in one register, one multiplication, and the harmful carry."""

from pathlib import Path

import numpy as np

from helpers.compiler import driver
from helpers.compiler.backends.thumb.arithmetic import lane_groups
from helpers.compiler.backends.thumb.pixel_lanes import plan
from helpers.compiler.profiling.profile import Profile
from helpers.plots import style

BITS, HALF = 32, 16
LARGEST_PIXEL = 255


def product(left: int, right: int, weight: int):
    """Draw two pixels in one register times a weight: 32 boxes per row, one product in each half."""
    both = left + (right << HALF)
    rows = [
        (f"pixels {right} | {left}", both, (right, left)),
        (f"times weight {weight}", weight, None),
        ("product", both * weight, (right * weight, left * weight)),
    ]
    figure, plot = style.axes(10, 2.6)
    for row, (name, value, halves) in enumerate(rows):
        _register(plot, row * 1.6, name, value, halves)
    _barrier(plot, len(rows) * 1.6 - 0.6, "no carry may cross here")
    return _framed(figure, plot, len(rows) * 1.6)


def sums(pixels: list[int], weights: list[int]):
    """Draw the lower half after one, two and three products: once the sum needs a 17th bit, it corrupts the upper half."""
    figure, plot = style.axes(10, 0.75 * len(pixels) + 0.5)
    total = 0
    for row, (pixel, weight) in enumerate(zip(pixels, weights, strict=True)):
        total += pixel * weight
        fits = total <= lane_groups.LANE
        name = f"+ {pixel} x {weight} = {total:,}"
        _register(plot, row * 1.6, name, total, ("" if fits else "spoilt", "fits" if fits else "too large"), total)
    _barrier(plot, len(pixels) * 1.6 - 0.6, "65,535 is the largest number on the right")
    return _framed(figure, plot, len(pixels) * 1.6)


def groups(model, profile: Profile):
    """Draw the nine weights of each filter of the first convolution in code order, cut into groups that cannot overflow.

    Weights that are summed aside, whatever stands between them, are hatched.
    """
    weights = _filters(model, profile)
    planned = plan.plan_pass(weights, [LARGEST_PIXEL], [0] * 4, [1] * 4, True, True)
    figure, plot = style.axes(10, 3.3)
    rows = zip(planned.weights, planned.groups, planned.asides, strict=True)
    for channel, (row, cuts, aside) in enumerate(rows):
        taps = aside.taps if aside else frozenset()
        for number, group in enumerate(cuts):
            _group(plot, channel, number, group, row, taps)
        if taps:
            plot.text(9.9, channel + 0.36, f"hatched: {_most(row, taps)}", va="center", fontsize=7.5)
        count = len(cuts) + bool(taps)
        plot.text(
            9.9, channel - 0.1, f"{count} groups" if count > 1 else "1 group", va="center", fontsize=10, weight="bold"
        )
        plot.text(-0.2, channel - 0.1, f"filter {channel}", ha="right", va="center", fontsize=10)
    plot.set(xlim=(-1.3, 11.9), ylim=(3.7, -0.6))
    plot.axis("off")
    return figure


def _group(
    plot, channel: int, number: int, group: lane_groups.Group, weights: np.ndarray, aside: frozenset[int]
) -> None:
    """Draw a group's weights as boxes, those that are summed aside hatched, and the most that the others sum to."""
    shift, taps = 0.15 * number, range(group.start, group.end)
    for tap in taps:
        colour = style.YELLOW if tap in aside else (style.SKY, style.ORANGE, style.GREEN)[number % 3]
        look = {"facecolor": colour, "alpha": 0.55, "edgecolor": style.BLACK, "linewidth": 0.6}
        hatch = "////" if tap in aside else None
        # Or the hatch's lines would cross the digits.
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 1} if hatch else None
        plot.add_patch(style.plt.Rectangle((tap + shift, channel - 0.38), 1, 0.56, hatch=hatch, **look))
        middle = {"ha": "center", "va": "center", "fontsize": 9}
        plot.text(tap + shift + 0.5, channel - 0.1, str(weights[tap]), bbox=paper, **middle)
    most = _most(weights, set(taps) - aside)
    plot.text((group.start + group.end) / 2 + shift, channel + 0.36, most, ha="center", va="center", fontsize=7.5)


def _most(weights: np.ndarray, taps) -> str:
    """The most that some weights can sum to."""
    return f"at most {LARGEST_PIXEL * sum(abs(int(weights[tap])) for tap in taps):,}"


def _filters(model, profile: Profile) -> np.ndarray:
    """Return the int8 weights of the first convolution, less their offset: [4, 3, 3, 1]."""
    graph = driver.compiled_graph(Path(model), driver.Request({"N": 1}, profile, convert_placeholders=True))
    filters = next(node for node in graph.in_order() if "conv_1" in node.name).inputs[1]
    return filters.node.data.astype(np.int64) - filters.type.offset


def _register(plot, y: float, name: str, value: int, halves, wide: int | None = None) -> None:
    """Draw a row of 32 bits, the highest at the left; halves: the meanings of the upper and the lower 16."""
    for bit in range(BITS):
        x = BITS - 1 - bit
        upper, is_set = bit >= HALF, value >> bit & 1
        colour = style.ORANGE if upper else style.SKY
        crossing = wide is not None and upper and is_set
        look = {"facecolor": style.VERMILION if crossing else colour, "alpha": 0.75 if is_set else 0.2}
        plot.add_patch(style.plt.Rectangle((x, y), 0.92, 0.8, edgecolor=style.BLACK, linewidth=0.5, **look))
        plot.text(x + 0.46, y + 0.4, str(is_set), ha="center", va="center", fontsize=8)
    plot.text(-0.4, y + 0.4, name, ha="right", va="center", fontsize=9)
    for half, x in zip(halves or (), (HALF / 2, HALF * 1.5), strict=False):
        text = f"{half:,}" if isinstance(half, int) else half
        plot.text(x, y + 1.14, text, ha="center", va="center", fontsize=9, weight="bold")


def _barrier(plot, bottom: float, words: str) -> None:
    plot.plot([HALF - 0.04] * 2, [-0.25, bottom], color=style.VERMILION, linewidth=2.5)
    plot.text(HALF, -0.35, words, ha="center", va="bottom", fontsize=9, color=style.VERMILION)


def _framed(figure, plot, bottom: float):
    plot.set(xlim=(-8, BITS + 0.2), ylim=(bottom, -1.1))
    plot.axis("off")
    return figure
