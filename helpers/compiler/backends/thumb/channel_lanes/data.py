"""Channel lanes: a layer's part of the constant region."""

import itertools
from dataclasses import dataclass, replace

import numpy as np

from helpers.compiler.backends.thumb.channel_lanes.plan import ChannelPlan

MOST_LISTED = 16  # positions: from there on tables of rows and columns are shorter, and the steps between rows few


@dataclass(frozen=True)
class Data:
    """The layer's part of the constant region as words, and byte offsets into it."""

    words: np.ndarray
    constants: int
    rows: int
    columns: int
    factors: int = 0


def data(plan: ChannelPlan) -> Data:
    """Lay out the data of a layer: stream, constants, tables of the border, factors.

    A layer with a border has a table of rows and one of columns (mask, constants), or one of positions. Factors of the outputs
    come last, if they need a table.
    """
    made = _sums(plan)
    if not plan.tabled or plan.short:
        return made
    factors = np.array([word for factor in plan.layer.output.factors for word in factor.words])
    return replace(made, words=np.concatenate([made.words, factors & 0xFFFFFFFF]), factors=4 * len(made.words))


def _sums(plan: ChannelPlan) -> Data:
    parts = [plan.stream]
    at = constants = 4 * len(plan.stream)
    rows, columns = plan.kinds()
    if not plan.bordered:
        return Data(plan.stream & 0xFFFFFFFF, 0, 0, 0)
    row_kinds, column_kinds = sorted(set(rows)), sorted(set(columns))
    for row in row_kinds:
        parts += [np.array(plan.constants(row, column)) for column in column_kinds]
    each = 16 * plan.quads
    every_row, every_column = tuple(range(plan.layer.window.kernel[0])), tuple(range(plan.layer.window.kernel[1]))
    if listed(plan):
        return _listed(plan, parts, constants)
    row_table = [(plan.mask(r, every_column), constants + each * len(column_kinds) * row_kinds.index(r)) for r in rows]
    column_table = [(plan.mask(every_row, c), each * column_kinds.index(c)) for c in columns]
    at = constants + each * len(row_kinds) * len(column_kinds)
    parts += [np.array(row_table).ravel(), np.array(column_table).ravel()]
    return Data(np.concatenate(parts) & 0xFFFFFFFF, constants, at, at + 8 * len(rows))


def listed(plan: ChannelPlan) -> bool:
    """Whether a table has every position, not every row and every column: there are few, and rows follow without a gap."""
    layer, (down, along) = plan.layer, plan.layer.window.strides
    source, target, columns = layer.source, layer.target, layer.columns
    even = (
        down * source.row_step == columns * along * source.column_step
        and target.row_step == columns * target.column_step
    )
    return plan.bordered and even and layer.rows * columns <= MOST_LISTED


def _listed(plan: ChannelPlan, parts: list[np.ndarray], constants: int) -> Data:
    """Lay out a table of all positions behind the stream and the constants of each kind of row and column."""
    rows, columns = plan.kinds()
    kinds = list(itertools.product(sorted(set(rows)), sorted(set(columns))))
    each, at = 16 * plan.quads, constants + 16 * plan.quads * len(kinds)
    table = [(plan.mask(*kind), constants + each * kinds.index(kind)) for kind in itertools.product(rows, columns)]
    return Data(np.concatenate([*parts, np.array(table).ravel()]) & 0xFFFFFFFF, constants, 0, at)
