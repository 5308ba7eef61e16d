"""Who reads a value: each value notes the nodes that ever did, so that nobody searches the graph for them."""

from collections.abc import Iterable
from typing import Any


class Inputs(list[Any]):
    """What a node reads: values, None where an optional one is left out. However it changes, each value knows its reader."""

    def __init__(self, node: Any, values: Iterable[Any]):
        super().__init__(values)
        self.node = node
        self._note()

    def __setitem__(self, place: Any, values: Any) -> None:
        super().__setitem__(place, values)
        self._note()

    def __iadd__(self, values: Iterable[Any]) -> "Inputs":  # type: ignore[misc,override]
        self.extend(values)
        return self

    def append(self, value: Any) -> None:
        """Add a value at the end."""
        self.extend([value])

    def extend(self, values: Iterable[Any]) -> None:
        """Add values at the end."""
        super().extend(values)
        self._note()

    def insert(self, place: Any, value: Any) -> None:
        """Put a value in front of another."""
        super().insert(place, value)
        self._note()

    def _note(self) -> None:
        for value in self:
            if value is not None:
                value.readers[self.node] = None
