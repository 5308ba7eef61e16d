"""Coding exercises: try the reader's function on cases, and show the verdict in a box."""

import html
import math
from collections.abc import Callable
from dataclasses import dataclass

from helpers.common.errors import BadParameter

RIGHT, WRONG, OPEN = "#009E73", "#D55E00", "#999999"


class CountedWeight(int):
    """A whole number that counts how often it is multiplied."""

    uses = 0

    def __mul__(self, other):
        """Multiply, and count."""
        CountedWeight.uses += 1
        return int(self) * int(other)

    __rmul__ = __mul__


@dataclass(frozen=True)
class Exercise:
    """The task of a function.

    cases: arguments, and the expected return values; once: whether the last argument may be multiplied only once.
    """

    cases: tuple[tuple[tuple, object], ...]
    once: bool = False


EXERCISES = {
    "products": Exercise(
        (((14, 14, 4, 3, 1), 7056), ((7, 7, 4, 3, 4), 7056), ((3, 3, 4, 3, 4), 1296), ((28, 28, 32, 5, 1), 627_200))
    ),
    "largest": Exercise((([3, 9, 4], 1), ([-5, -3, -9], 1), ([-128, -128, -127], 2), ([7, 7, 1], 0))),
    "scale_and_offset": Exercise(
        (
            ((0.0, 1.0), (1 / 255, -128)),
            ((0.0, 2.55), (0.01, -128)),
            ((-1.28, 1.27), (0.01, 0)),
            ((-0.64, 1.91), (0.01, -64)),
        )
    ),
    "to_int8": Exercise((((0,), -128), ((255,), 127), ((128,), 0), ((7,), -121))),
    "milliseconds": Exercise(
        (
            ((48_000, 0, 0, 48_000_000), 1.0),
            ((44_000, 20_000, 1, 48_000_000), 4 / 3),
            ((30_000, 15_000, 2, 30_000_000), 2.0),
        )
    ),
    "two_products": Exercise(
        (((200, 17, 90), (18_000, 1_530)), ((0, 255, 255), (0, 65_025)), ((255, 1, 127), (32_385, 127))), once=True
    ),
    "taps": Exercise((((127, 255), 2), ((127, 127), 4), ((63, 127), 8), ((7, 127), 73))),
    "bytes_kept": Exercise((((3, 14, 1), 42), ((2, 28, 1), 56), ((3, 7, 4), 84), ((5, 32, 3), 480))),
    "to_mark": Exercise(
        (((0.5, 0.01, -128), -78), ((0.0, 0.01, 5), 5), ((9.9, 0.01, -128), 127), ((-3.0, 0.01, -128), -128))
    ),
}


@dataclass(frozen=True)
class Verdict:
    """The verdict on a try: one line, and whether it is right (None: nothing has been written yet)."""

    text: str
    right: bool | None

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        """Return the line in a coloured box; the text has the page's colour, so that it is readable in any theme."""
        colour = {True: RIGHT, False: WRONG, None: OPEN}[self.right]
        style = f"border-left: 6px solid {colour}; padding: 6px 12px"
        return f'<div style="{style}">{html.escape(self.text)}</div>'


def check(function: Callable) -> Verdict:
    """Try a reader's function, whose name selects the exercise; the function's own exceptions are caught.

    Raises BadParameter if no exercise has that name.
    """
    name = function.__name__
    if name not in EXERCISES:
        raise BadParameter(f"there is no exercise {name!r}", remedy=f"keep the name: one of {', '.join(EXERCISES)}")
    exercise = EXERCISES[name]
    answers = [_tried(function, exercise, arguments) for arguments, _ in exercise.cases]
    if all(answer is None for answer in answers):
        return Verdict(f"{name}: not written yet. Replace the ... and run both cells again.", None)
    for (arguments, wanted), answer in zip(exercise.cases, answers, strict=True):
        if not _equal(answer, wanted):
            given = ", ".join(map(str, arguments))
            return Verdict(
                f"{name}: not yet. {name}({given}) should be {_shown(wanted)}; it {_outcome(answer)}.", False
            )
    return Verdict(f"{name}: right, in all {len(answers)} cases.", True)


def _tried(function: Callable, exercise: Exercise, arguments):
    """Return the function's result for one case, or the error that it raises."""
    CountedWeight.uses = 0
    *others, last = arguments
    # A list is one argument; a tuple is several.
    given = (
        [list(arguments)] if isinstance(arguments, list) else [*others, CountedWeight(last) if exercise.once else last]
    )
    try:
        answer = function(*given)
    except Exception as error:
        return error
    if exercise.once and answer is not None and CountedWeight.uses > 1:
        return ArithmeticError(f"multiplies {CountedWeight.uses} times, and may once")
    return answer


def _equal(answer, wanted) -> bool:
    try:
        pairs = zip(answer, wanted, strict=True) if isinstance(wanted, tuple) else [(answer, wanted)]
        return all(math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9) for one, other in pairs)
    except (TypeError, ValueError):
        return False


def _shown(value) -> str:
    parts = value if isinstance(value, tuple) else (value,)
    return ", ".join(f"{part:.6g}" if isinstance(part, float) else str(part) for part in parts)


def _outcome(answer) -> str:
    if isinstance(answer, ArithmeticError) and "may once" in str(answer):
        return str(answer)
    if isinstance(answer, Exception):
        return f"stops with {type(answer).__name__}: {answer}"
    return "returns nothing" if answer is None else f"is {_shown(answer) if isinstance(answer, tuple) else answer}"
