"""The attributes of nodes: one dataclass for each kind of node, which the kind's operator declares.

Required fields come from the network's file. Fields that a pass or an operator's `settle` computes are None until then. A slotted
class (`slots=True`) refuses a name that it does not have, when it is built and when it is assigned.
"""

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

CLASSES: dict[str, type] = {}  # kind of node: the class of its attributes


@dataclass(slots=True, kw_only=True)
class NoAttributes:
    """For kinds whose inputs say everything."""


@dataclass(slots=True, kw_only=True)
class ConstantAttributes:
    """Origin of a constant that was an integer in the file, as arrays of the constant's shape; see operators/quantize_linear.py.

    steps: real size of one integer step, for each element.
    zeros: integer that stands for real 0, for each element.
    """

    steps: np.ndarray | None = None
    zeros: np.ndarray | None = None


def computed() -> Any:
    """Return a field that is None until a pass or `settle` computes it. Annotate it with the type it has afterwards."""
    return field(default=None)


def register(kind: str, attributes: type) -> None:
    """Declare the class of a kind's attributes."""
    CLASSES[kind] = attributes


def build(kind: str, name: str, **values: Any) -> Any:
    """Return the attributes of a new node.

    Raises TypeError for an unknown kind, a missing attribute, or one that the kind does not have.
    """
    if kind not in CLASSES:
        raise TypeError(f"{name}: no operator declares the kind {kind} (helpers/compiler/operators)")
    try:
        return CLASSES[kind](**values)
    except TypeError as error:
        raise TypeError(f"{name}: {kind}: {error}") from None


def values_of(attributes: Any) -> dict[str, Any]:
    """Return the attributes that are known, by name."""
    pairs = ((each.name, getattr(attributes, each.name)) for each in fields(attributes))
    return {name: value for name, value in pairs if value is not None}


def shared(attributes: Any, kind: str) -> dict[str, Any]:
    """Return the known attributes that nodes of another kind have, too."""
    names = {each.name for each in fields(CLASSES[kind])}
    return {name: value for name, value in values_of(attributes).items() if name in names}
