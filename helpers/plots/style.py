"""The style of all figures: colours that the colour-blind can tell apart, sizes, and no more lines than needed."""

from matplotlib import pyplot as plt
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

# Okabe and Ito, "Color Universal Design", 2008.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#999999"

DPI = 80

# Series of one plot in order: neighbours differ in lightness, and series of similar lightness differ in hatch.
_SERIES = ((BLUE, ""), (SKY, ""), (GREEN, ".."), (ORANGE, "//"), (YELLOW, ""), (PURPLE, "xx"))


def series(index: int) -> dict:
    """Return colour, hatch and outline of the index-th bar series, distinguishable in grey and by the colour-blind."""
    colour, hatch = _SERIES[index % len(_SERIES)]
    return {"color": colour, "hatch": hatch, "edgecolor": BLACK, "linewidth": 0.6}


def thousands(axis) -> None:
    """Label a logarithmic axis with plain numbers, such as 20,000 and 50,000, rather than powers of ten."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axis.set_minor_formatter(NullFormatter())


def axes(width: float = 7, height: float = 3, rows: int = 1, columns: int = 1):
    """Return a figure of a size in inches and its axes, without the upper and the right line."""
    figure, made = plt.subplots(rows, columns, figsize=(width, height), dpi=DPI, layout="constrained")
    for each in figure.axes:
        each.spines[["top", "right"]].set_visible(False)
    return figure, made
