"""Figures of notebook 01: the effect of a convolution, a max pooling layer and ReLU on numbers."""

import numpy as np

from helpers.plots import style


def filter_slides(pixels: np.ndarray, kernel: np.ndarray, places: tuple[tuple[int, int], ...] = ((0, 0), (1, 2))):
    """Draw a filter at two places of an image, and its output map: the nine products of each place are added to one number.

    pixels: whole numbers [height, width]. kernel: [3, 3]. places: (row, column) of the filter's upper left corner.
    """
    sums = np.array(
        [
            [int((pixels[r : r + 3, c : c + 3] * kernel).sum()) for c in range(pixels.shape[1] - 2)]
            for r in range(pixels.shape[0] - 2)
        ]
    )
    figure, plots = style.axes(9, 3.8, 1, 3)
    for plot, grid, title in zip(plots, (pixels, kernel, sums), ("image", "filter: nine weights", "map"), strict=True):
        _numbers(plot, grid, title)
    for (row, column), colour, line in zip(places, (style.VERMILION, style.BLUE), ("-", "--"), strict=False):
        look = {"fill": False, "edgecolor": colour, "linewidth": 2.5, "linestyle": line}
        plots[0].add_patch(style.plt.Rectangle((column - 0.5, row - 0.5), 3, 3, **look))
        plots[2].add_patch(style.plt.Rectangle((column - 0.5, row - 0.5), 1, 1, **look))
    row, column = places[-1]
    terms = [
        f"{pixel} x {weight}"
        for pixel, weight in zip(pixels[row : row + 3, column : column + 3].ravel(), kernel.ravel(), strict=True)
        if pixel and weight
    ]
    plots[1].set_xlabel(f"dashed:\n{' + '.join(terms)} = {sums[row, column]}", fontsize=9)
    return figure


def pool_and_relu(values: np.ndarray):
    """Draw numbers, the same after ReLU, and the largest of each 2 x 2. values: whole numbers [even, even]."""
    positive = np.maximum(values, 0)
    height, width = values.shape
    pooled = positive.reshape(height // 2, 2, width // 2, 2).max((1, 3))
    figure, plots = style.axes(9, 3, 1, 3)
    titles = ("a map", "after Relu:\nnegative becomes 0", "after 2 x 2 max pooling:\nthe largest stays")
    for plot, grid, title in zip(plots, (values, positive, pooled), titles, strict=True):
        _numbers(plot, grid, title)
    for place, (row, column) in enumerate(np.ndindex(pooled.shape)):
        look = {"facecolor": (style.SKY, style.ORANGE, style.YELLOW, style.GREEN)[place % 4], "alpha": 0.45}
        plots[1].add_patch(style.plt.Rectangle((2 * column - 0.5, 2 * row - 0.5), 2, 2, **look))
        plots[2].add_patch(style.plt.Rectangle((column - 0.5, row - 0.5), 1, 1, **look))
    return figure


def _numbers(plot, grid: np.ndarray, title: str) -> None:
    """Draw a grid of cells with a number in each."""
    height, width = grid.shape
    for (row, column), value in np.ndenumerate(grid):
        box = style.plt.Rectangle(
            (column - 0.5, row - 0.5), 1, 1, facecolor="white", edgecolor=style.GREY, linewidth=0.6
        )
        plot.add_patch(box)
        plot.text(column, row, str(value), ha="center", va="center", fontsize=10)
    plot.set(xlim=(-0.6, width - 0.4), ylim=(height - 0.4, -0.6), aspect="equal", xticks=[], yticks=[])
    plot.spines[:].set_visible(False)
    plot.set_title(title, fontsize=10)
