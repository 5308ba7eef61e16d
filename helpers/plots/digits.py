"""Figures of single digits: their pixels, the vectors that represent them, and a network's answer."""

import numpy as np

from helpers.plots import style

_PAPER = "gray_r"  # ink is dark, as on paper


def _picture(plot, pixels: np.ndarray, title: str = ""):
    plot.imshow(pixels.reshape(pixels.shape[0], -1), cmap=_PAPER, interpolation="nearest")
    plot.set(xticks=[], yticks=[])
    plot.set_title(title, fontsize=9)
    for spine in plot.spines.values():
        spine.set_visible(True)


def row(images: np.ndarray, titles):
    """Draw images (n, 28, 28) side by side, each with its title."""
    figure, plots = style.axes(1.05 * len(images), 1.4, 1, len(images))
    for plot, pixels, title in zip(np.atleast_1d(plots), images, titles, strict=True):
        _picture(plot, pixels, str(title))
    return figure


def pixels_with_numbers(pixels: np.ndarray, rows: slice, columns: slice):
    """Draw an image, and beside it a part of it with every pixel's value; the part is framed in the image."""
    figure, (whole, part) = style.axes(9, 4, 1, 2)
    _picture(whole, pixels, f"{pixels.shape[0]} x {pixels.shape[1]} pixels")
    corner = (columns.start - 0.5, rows.start - 0.5)
    size = (columns.stop - columns.start, rows.stop - rows.start)
    whole.add_patch(style.plt.Rectangle(corner, *size, fill=False, edgecolor=style.VERMILION, linewidth=2))
    _numbers(part, pixels[rows, columns], pixels.min(), pixels.max())
    return figure


def _numbers(plot, values: np.ndarray, low: int, high: int):
    plot.imshow(values, cmap=_PAPER, vmin=low, vmax=high)
    plot.set(xticks=[], yticks=[])
    for (row_index, column), value in np.ndenumerate(values):
        colour = "white" if value - low > (high - low) / 2 else "black"
        plot.text(column, row_index, str(value), ha="center", va="center", fontsize=8, color=colour)


def image_and_array(pixels: np.ndarray, values: np.ndarray):
    """Draw an image, and its values as the network's input: the same picture on another scale."""
    figure, plots = style.axes(9, 3.6, 1, 2)
    grids = (pixels.reshape(28, 28), values.reshape(28, 28))
    for plot, grid, title in zip(plots, grids, ("PNG, uint8", "C array, int8"), strict=True):
        shown = plot.imshow(grid, cmap=_PAPER)
        plot.set(xticks=[], yticks=[], title=title)
        figure.colorbar(shown, ax=plot, ticks=sorted({int(grid.min()), 0, int(grid.max())}))
    return figure


def vector(values, title: str = "", best: int | None = None):
    """Draw a vector over the ten digits as cells; the best (by default the largest) is marked."""
    values = np.asarray(values)
    best = int(values.argmax()) if best is None else best
    figure, plot = style.axes(7, 1.1)
    for digit, value in enumerate(values):
        marked = digit == best
        box = style.plt.Rectangle((digit, 0), 1, 1, facecolor=style.ORANGE if marked else "white", edgecolor="black")
        plot.add_patch(box)
        text = f"{value:d}" if values.dtype.kind in "iu" else f"{value:.2f}"
        plot.text(digit + 0.5, 0.5, text, ha="center", va="center", weight="bold" if marked else "normal", fontsize=9)
    plot.set(xlim=(-0.02, 10.02), ylim=(-0.02, 1.02), yticks=[], xlabel="digit")
    plot.set_xticks(np.arange(10) + 0.5, range(10))
    plot.set_title(title, fontsize=10)
    plot.spines[:].set_visible(False)
    return figure


def answer(pixels: np.ndarray, outputs: np.ndarray):
    """Draw an image, and the network's ten outputs for it as bars; the largest is the answer."""
    figure, (picture, bars) = style.axes(8, 2.6, 1, 2)
    _picture(picture, pixels)
    colours = [style.ORANGE if digit == outputs.argmax() else style.SKY for digit in range(10)]
    bars.bar(range(10), outputs, color=colours, edgecolor=style.BLACK, linewidth=0.6)
    bars.axhline(0, color=style.BLACK, linewidth=0.8)
    bars.set(xticks=range(10), xlabel="digit", ylabel="output (logit)", title=f"answer: {outputs.argmax()}")
    return figure
