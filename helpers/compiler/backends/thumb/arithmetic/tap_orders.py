"""Orders in which a pass may go through the rows of a kernel, its input channels and its columns."""

import itertools
import random
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

MOST_ORDERS = 576  # 3! orders of rows, 4! of channels, 4 of columns: all of a small window
DRAWN_ORDERS = 24  # of a window with more rows or channels


@dataclass(frozen=True)
class Segment:
    """A row of the kernel over one input channel; `columns` is the order in which its taps are taken."""

    row: int
    channel: int
    columns: tuple[int, ...]


Order = list[Segment]


def _column_orders(columns: int) -> list[tuple[int, ...]]:
    """Upwards, downwards, and for three columns both ends first: what two registers can serve without loading twice."""
    upwards = tuple(range(columns))
    if columns == 1 or columns % 2 == 0:
        return [upwards]
    return [upwards, upwards[::-1], *([(0, 2, 1), (2, 0, 1)] if columns == 3 else [])]


def of(weights: np.ndarray, first_row: bool) -> list[Order]:
    """Orders of the segments that have weights: all permutations, or some at random where there are too many.

    weights: [4, rows, columns, channels]. first_row: the kernel's first row comes first, if it has weights.
    """
    rows, columns, channels = weights.shape[1:]
    used = {(r, c) for r in range(rows) for c in range(channels) if weights[:, r, :, c].any()}
    ways = _column_orders(columns)
    if rows <= 3 and channels <= 4:
        turns = [(way,) * rows for way in ways] if channels > 1 else list(itertools.product(ways, repeat=rows))
        choices: Iterable[tuple] = itertools.product(
            itertools.permutations(range(rows)), itertools.permutations(range(channels)), turns
        )
    else:
        source = random.Random(1)
        choices = [
            (source.sample(range(rows), rows), source.sample(range(channels), channels), source.choices(ways, k=rows))
            for _ in range(DRAWN_ORDERS)
        ]
    made = (
        [
            Segment(row, channel, turn[i])
            for i, row in enumerate(row_order)
            for channel in channel_order
            if (row, channel) in used
        ]
        for row_order, channel_order, turn in itertools.islice(choices, MOST_ORDERS)
    )
    orders = [order for order in made if order] or [[Segment(0, 0, ways[0])]]
    return [order for order in orders if first_row and order[0].row == 0] or orders


def taps_of(order: Order) -> list[tuple[int, int, int]]:
    """Row, channel and column of each tap."""
    return [(each.row, each.channel, column) for each in order for column in each.columns]
