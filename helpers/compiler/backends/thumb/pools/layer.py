"""A maximum pool as kernels compute it."""

from dataclasses import dataclass

from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.backends.thumb.pools import blank_windows
from helpers.compiler.ir.window import Window


@dataclass(frozen=True)
class PoolLayer:
    """A maximum pool without padding.

    rows, columns: of the result. anywhere: whether the source may begin at any address, so that its words cannot be read.
    sight: words that are zero are skipped, and a third buffer gets marks of the windows that see others.
    """

    name: str
    window: Window
    source: Layout
    target: Layout
    rows: int
    columns: int
    anywhere: bool = False
    sight: blank_windows.Sight | None = None

    @property
    def offset_change(self) -> int:
        """What is added to an element between source and target."""
        return self.target.storage_offset - self.source.storage_offset
