"""The rows that one row of a kernel's result depends on, and how they lie in memory: they move up when it has read them."""

from dataclasses import dataclass, replace

from helpers.compiler.backends.rows import row_nodes
from helpers.compiler.backends.thumb import kernels, layers
from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.backends.thumb.kernels import Kernel
from helpers.compiler.backends.values import image_shape
from helpers.compiler.ir.window import POINT, Window

WORD = 4  # bytes; rows move as words


@dataclass(frozen=True)
class Rows:
    """What a kernel needs of its input for one row of its result.

    top: rows of border above the input; step: rows of the input that each row of the result leaves behind; reach: rows
    that it depends on.
    """

    top: int
    step: int
    reach: int

    @property
    def held(self) -> int:
        """Rows that are held at a time: those that a step leaves out come by, too."""
        return max(self.reach, self.step)


@dataclass(frozen=True)
class Ring:
    """Rows in memory. seen: as the reader finds them, border included; written: one row, as its maker does."""

    rows: Rows
    seen: Layout
    written: Layout

    @property
    def row_bytes(self) -> int:
        """From one row to the next."""
        return self.seen.row_step

    @property
    def bytes(self) -> int:
        """Size of all rows that are held."""
        return self.rows.held * self.row_bytes

    @property
    def border_word(self) -> int | None:
        """A word of border; None where the reader sees none."""
        border = self.seen.border
        return None if border is None else (border & 0xFF) * 0x01010101 if self.seen.element == 1 else border * 0x10001


def needs(kernel: Kernel) -> Rows:
    """Return what a kernel needs of its input for each row of its result; a pool behind a convolution takes two of its rows."""
    window, lines = row_nodes.window_of(kernel.nodes[0]), 2 if kernel.pooled else 1
    reach = window.dilations[0] * (window.kernel[0] - 1) + 1
    return Rows(window.pads[0], lines * window.strides[0], (lines - 1) * window.strides[0] + reach)


def bordered(kernel: Kernel) -> bool:
    """Whether a kernel's window looks beyond its input."""
    return any(row_nodes.window_of(kernel.nodes[0]).pads)


def inside(window: Window) -> Window:
    """The window over rows that hold their border."""
    return replace(window, pads=(0, 0, 0, 0))


def ring(kernel: Kernel) -> Ring:
    """Return the rows that a kernel reads."""
    value, rows = kernel.nodes[0].inputs[0], needs(kernel)
    if kernel.reads == kernels.HALVES:
        whole = kernels.layout_of(value, kernel)
        row_bytes = rows.held * whole.row_step
        seen = replace(whole, shape=(rows.held, *whole.shape[1:]), base=whole.base % whole.row_step, bytes=row_bytes)
        return Ring(rows, seen, replace(seen, shape=(1, *whole.shape[1:]), border=None))
    return _bytes(kernel, rows)


def _bytes(kernel: Kernel, rows: Rows) -> Ring:
    """Rows of bytes, with enough columns for the window and for whole words."""
    node, plain = kernel.nodes[0], kernel.reads == kernels.PLAIN
    value, window = node.inputs[0], row_nodes.window_of(node)
    (_, width, channels), offset = image_shape(value), 0 if plain else layers.storage_offset(value)
    reach = window.dilations[1] * (window.kernel[1] - 1) + 1
    last = 0 if window == POINT else (image_shape(node.output)[1] - 1) * window.strides[1] + reach
    columns = max(window.pads[1] + width, last)
    while columns * channels % WORD:
        columns += 1
    outside = row_nodes.border_of(node) if plain else layers.stored_zero(value)
    border = outside if bordered(kernel) else None
    row, shape = columns * channels, (rows.held, columns, channels)
    seen = Layout(shape, 1, offset, 0, row, channels, 1, rows.held * row, border)
    written = Layout((1, width, channels), 1, offset, window.pads[1] * channels, row, channels, 1, row)
    return Ring(rows, seen, written)
