"""Plan many parameter sets: expand a grid, and find the stages that several sets share."""

import itertools
import json
import re
from dataclasses import dataclass

from helpers.common.errors import BadParameter
from helpers.workbook import parameters
from helpers.workbook.road import Notebook

LARGEST = 1000  # sets


@dataclass(frozen=True)
class Stage:
    """A part of the road that some sets share: it runs once, in its own build folder.

    name: the set's name if only one set uses it, else shared-N. parent: the previous stage, whose artefacts it
    reads. books: notebooks in order. values: notebook to the values of all its parameters.
    """

    name: str
    parent: str | None
    books: tuple[Notebook, ...]
    values: dict[str, dict]
    settings: tuple[str, ...] = ()
    sets: int = 1

    @property
    def alone(self) -> bool:
        """Whether it is the last stage of one set."""
        return self.sets == 1


@dataclass(frozen=True)
class Outcome:
    """The outcome of a stage: its name, and the reason why it failed (empty if it did not)."""

    name: str
    error: str = ""


def settings(axes: list[str]) -> list[tuple[str, ...]]:
    """Return every combination of the axes NAME=VALUE,VALUE,...; list items are joined with + (boards=ke16z+lpc845).

    Each set is a tuple of settings NAME=VALUE, in the order of the axes. Raises BadParameter.
    """
    columns = []
    for axis in axes:
        name, equals, text = axis.partition("=")
        values = [value.strip() for value in text.split(",") if value.strip()]
        if not equals or not values:
            raise BadParameter(f"{axis!r} has no values", where="--grid", remedy="write NAME=VALUE,VALUE,...")
        if len(set(values)) < len(values):
            raise BadParameter(f"{axis!r} has a value twice", where="--grid")
        columns.append([f"{name}={value.replace('+', ',')}" for value in values])
    names = [column[0].partition("=")[0] for column in columns]
    if len(set(names)) < len(names):
        raise BadParameter(
            f"{max(names, key=names.count)} is given twice", where="--grid", remedy="put its values into one"
        )
    combined = list(itertools.product(*columns))
    if len(combined) > LARGEST:
        raise BadParameter(f"asks for {len(combined):,} sets, more than {LARGEST:,}", where="--grid")
    return combined


def plan(books: list[Notebook], chosen: dict, common: list[str], sets: list[tuple[str, ...]]) -> list[Stage]:
    """Return the stages of the sets, parents first; every value is checked before anything runs.

    chosen: a named set; common: settings that hold for every set; a set's own win. Raises BadParameter.
    """
    values = {_name(each): parameters.resolve(books, chosen, [*common, *each]) for each in sets}
    if len(values) < len(sets):
        raise BadParameter("two sets would have the same name", where="--grid", remedy="leave out what is the same")
    own = {_name(each): each for each in sets}
    return list(_stages(tuple(books), values, own, None, itertools.count(1)))


def _stages(books, values: dict[str, dict], own: dict[str, tuple], parent: str | None, numbers):
    """Yield the stages of these sets along `books`: a shared stage first, then those of each group of equal values."""
    if len(values) == 1:
        name, only = next(iter(values.items()))
        yield Stage(name, parent, books, only, own[name])
        return
    length = _shared(books, values)
    if length:
        some = next(iter(values.values()))
        shared = Stage(f"shared-{next(numbers)}", parent, books[:length], some, sets=len(values))
        yield shared
        parent = shared.name
    groups: dict[str, dict] = {}
    for name, each in values.items():
        mark = json.dumps(each[books[length].name], sort_keys=True) if length < len(books) else name
        groups.setdefault(mark, {})[name] = each
    for group in groups.values():
        yield from _stages(books[length:], group, own, parent, numbers)


def _shared(books, values: dict[str, dict]) -> int:
    """Count the first notebooks that have the same values in all sets."""
    several = list(values.values())
    same = [all(each[book.name] == several[0][book.name] for each in several) for book in books]
    return same.index(False) if False in same else len(books)


def _name(settings: tuple[str, ...]) -> str:
    """Return a set's folder name, such as schema-symmetric.boards-ke16z."""
    return ".".join(re.sub(r"[^\w+-]", "-", each.replace(",", "+")) for each in settings)[:150]


def command(stage: Stage) -> list[str]:
    """Return the words after `python -m helpers` that run a stage; only a stage of one set writes a report."""
    words = ["run", "--only", *(book.name for book in stage.books)]
    for book in stage.books:
        for name, value in stage.values[book.name].items():
            if value != book.defaults[name]:
                words += ["--set", f"{book.name}.{name}={parameters.as_text(value)}"]
    return words if stage.alone else [*words, "--no-report"]
