"""A confusion matrix that shows the images of a chosen cell."""

import numpy as np
import traitlets

from helpers.plots import confusion
from helpers.widgets.base import Printed, front_end

MOST = 30  # images shown of one cell


class Confusion(Printed):
    """Counts of each answer (column) to each digit (row); choosing a cell shows its first images.

    counts: 10 x 10. chosen: [digit, answer], set by the page or here. cell: shown by the page: digit, answer, count,
    indices of the images, and their pixels, 784 bytes each.
    """

    _esm, _css = front_end("confusion")
    counts = traitlets.List().tag(sync=True)
    chosen = traitlets.List().tag(sync=True)
    cell = traitlets.Dict().tag(sync=True)

    def __init__(self, images: np.ndarray, labels: np.ndarray, answers: np.ndarray):
        """Make a matrix. images: uint8 (n, 28, 28). labels, answers: digits (n,)."""
        self.images, self.labels, self.answers = images, labels, answers
        table = confusion.counts(labels, answers)
        super().__init__(counts=table.tolist())
        self.observe(self._on_chosen, "chosen")
        self.chosen = list(next(iter(confusion.most_frequent(table)), (0, 0)))

    def _on_chosen(self, _) -> None:
        if not (len(self.chosen) == 2 and all(value in range(10) for value in self.chosen)):
            return  # a page can send anything
        digit, answer = self.chosen
        found = ((self.labels == digit) & (self.answers == answer)).nonzero()[0]
        shown = found[:MOST]
        self.cell = {
            "digit": digit, "answer": answer, "count": len(found), "indices": shown.tolist(),
            "pixels": self.images[shown].tobytes(),
        }  # fmt: skip

    def figure(self):
        """Draw the matrix, and the most frequent confusions with their images."""
        return confusion.matrix(self.images, self.labels, self.answers)
