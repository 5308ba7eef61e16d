"""Layers of one size whose C is the same but for some numbers share one function, which reads the numbers from a table.

The steps of an unrolled recurrent layer are such layers: the same sizes, other scales. Where only a few are alike, each keeps a
function of its own, in which the compiler knows every number: that is faster.
"""

import re
from dataclasses import dataclass

FEWEST = 4  # layers
MOST = 16  # numbers that differ
NUMBER = re.compile(r"(?<![\w.)\]])(-?\d+)(u?)(?![\w.])")
DIVISOR = re.compile(r"[/%] -?\d")  # a core without division needs to know it
LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Shared:
    """How a layer is called: by this text, whose name stands for `first`'s, and with these numbers; none: it takes none."""

    first: int
    text: str
    numbers: tuple[int, ...] = ()


def shared(texts: list[str]) -> list[Shared]:
    """For each layer's text, one function of any name, the function that it has in common with others."""
    alike: dict[tuple, list[int]] = {}
    for index, text in enumerate(texts):
        sizes = tuple(line for line in text.splitlines() if "for (" in line)
        alike.setdefault((NUMBER.sub(r"#\2", text), sizes), []).append(index)
    made: dict[int, Shared] = {}
    for group in alike.values():
        made.update(_group(group, texts))
    return [made[index] for index in range(len(texts))]


def _group(group: list[int], texts: list[str]) -> dict[int, Shared]:
    numbers = {index: [int(each) for each, _ in NUMBER.findall(texts[index])] for index in group}
    rows = list(zip(*numbers.values(), strict=True))
    varied = [place for place, row in enumerate(rows) if len(set(row)) > 1]
    fits = all(abs(each) <= LARGEST for place in varied for each in rows[place])
    different = len({tuple(each) for each in numbers.values()})
    plain = texts[group[0]].count("static") == 1 and not DIVISOR.search(texts[group[0]])
    if not varied or different < FEWEST or len(varied) > MOST or not fits or not plain:
        first: dict[str, int] = {}
        return {index: Shared(first.setdefault(texts[index], index), texts[index]) for index in group}
    text = _with_table(texts[group[0]], varied)
    return {index: Shared(group[0], text, tuple(numbers[index][place] for place in varied)) for index in group}


def _with_table(text: str, varied: list[int]) -> str:
    """The function with one more argument, `numbers`, whose elements stand where the varied numbers stood."""
    places = iter(range(len(NUMBER.findall(text))))

    def number(match: re.Match) -> str:
        place = next(places)
        if place not in varied:
            return match[0]
        return f"{'(uint32_t)' if match[2] else ''}n{varied.index(place)}"

    head, body = NUMBER.sub(number, text).split(") {\n", 1)
    names = ", ".join(f"n{index} = numbers[{index}]" for index in range(len(varied)))
    return f"{head}, const int32_t *numbers) {{\n  const int32_t {names};\n{body}"
