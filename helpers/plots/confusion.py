"""Figures of confused digits: the confusion matrix, and images of the most frequent confusions."""

import numpy as np

from helpers.plots import style

ROWS, IMAGES = 6, 7  # of the confusions shown with images


def counts(labels: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Count how often each digit (row) got each answer (column), int (10, 10)."""
    table = np.zeros((10, 10), int)
    np.add.at(table, (labels, answers), 1)
    return table


def matrix(images: np.ndarray, labels: np.ndarray, answers: np.ndarray):
    """Draw the confusion matrix, and beside it the most frequent confusions with their first images.

    images: uint8 (n, 28, 28). labels, answers: digits (n,).
    """
    table = counts(labels, answers)
    figure, _ = style.axes(10, 4.4)
    figure.clear()
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1))
    _table(left.subplots(), table)
    frequent = most_frequent(table)
    plots = right.subplots(ROWS, IMAGES, squeeze=False)
    for plot in plots.ravel():
        plot.axis("off")
    for row, (digit, answer) in zip(plots, frequent, strict=False):
        chosen = ((labels == digit) & (answers == answer)).nonzero()[0][:IMAGES]
        for plot, index in zip(row, chosen, strict=False):
            plot.imshow(images[index], cmap="gray_r", interpolation="nearest")
        count = table[digit, answer]
        row[0].set_title(
            f"{digit} read as {answer}: {count} {'time' if count == 1 else 'times'}", fontsize=9, loc="left"
        )
    return figure


def most_frequent(table: np.ndarray) -> list[tuple[int, int]]:
    """Return the pairs (digit, wrong answer) that occur, most frequent first, at most ROWS."""
    wrong = table * (1 - np.eye(10, dtype=int))
    order = np.argsort(-wrong, axis=None, kind="stable")[:ROWS]
    return [(int(place // 10), int(place % 10)) for place in order if wrong.flat[place]]


def _table(plot, table: np.ndarray) -> None:
    wrong = table * (1 - np.eye(10, dtype=int))
    plot.imshow(wrong, cmap="Oranges")
    for (digit, answer), count in np.ndenumerate(table):
        right = digit == answer
        colour = "white" if not right and count > wrong.max() / 2 else "black"
        plot.text(answer, digit, count or "", ha="center", va="center", fontsize=8, color=colour,
                  weight="bold" if right else "normal")  # fmt: skip
    plot.set(xticks=range(10), yticks=range(10), xlabel="answer", ylabel="digit", title="bold: right answers")
