"""How messages about a model file call what is in it."""

from collections.abc import Iterable, Sequence

LONGEST_NAME = 60  # characters: converters make names of hundreds, and what matters stands behind
CONVERT_AGAIN = "convert the model again with a current converter"


def quoted(name: str) -> str:
    """A name from a file in quotes, cut in its middle where it is long, as both ends tell more; in words where it is empty."""
    if not name:
        return "without a name"
    half = (LONGEST_NAME - 3) // 2
    return repr(name if len(name) <= LONGEST_NAME else f"{name[:half]}...{name[-half:]}")


def node(name: str, operator: str, shapes: Iterable[Sequence[int]] = ()) -> str:
    """A node by its name, its operator and the shapes that it reads."""
    listed = ", ".join(str(list(shape)) for shape in shapes)
    return f"node {quoted(name)} ({operator}{f' of {listed}' if listed else ''})"
