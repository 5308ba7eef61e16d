"""Inputs and outputs of a network: a dictionary of arrays by name, or a lone array if there is only one."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from helpers.common.errors import BadParameter

Arrays = np.ndarray | Mapping[str, np.ndarray]


def by_name(arrays: Arrays, names: Iterable[str], where: object = None) -> dict[str, np.ndarray]:
    """Return one array for each of `names`, in their order; a lone array belongs to the only name.

    Raises BadParameter if one is missing, is not among the names, or is given alone for several.
    """
    names = list(names)
    remedy = f"give an array for each of {', '.join(names)}"
    if not isinstance(arrays, Mapping):
        if len(names) != 1:
            raise BadParameter(f"one array was given for {len(names)} names", where=where, remedy=remedy)
        return {names[0]: arrays}
    for kind, wrong in (("missing", set(names) - set(arrays)), ("of no use", set(arrays) - set(names))):
        if wrong:
            raise BadParameter(f"{', '.join(sorted(wrong))} is {kind}", where=where, remedy=remedy)
    return {name: arrays[name] for name in names}


def alone(arrays: Mapping[str, np.ndarray]) -> Arrays:
    """Return the array itself if there is only one, else the arrays by name."""
    return next(iter(arrays.values())) if len(arrays) == 1 else dict(arrays)


def in_order(arrays: Arrays) -> list[np.ndarray]:
    """Return the arrays as a list, without their names."""
    return list(arrays.values()) if isinstance(arrays, Mapping) else [arrays]


def each(arrays: Arrays, change: Callable[[np.ndarray], np.ndarray]) -> Arrays:
    """Apply `change` to every array: `each(arrays, lambda array: array[:100])`; returns arrays of the same form."""
    if isinstance(arrays, Mapping):
        return {name: change(array) for name, array in arrays.items()}
    return change(arrays)


def joined(parts: list[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Concatenate the arrays of several inferences along their first axis."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
