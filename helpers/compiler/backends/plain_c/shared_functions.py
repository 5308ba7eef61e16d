"""Layers of one size whose C is the same but for some numbers share one function, which reads the numbers from a table.

The steps of an unrolled recurrent layer are such layers: the same sizes, other scales; and the blocks of a network of
depthwise layers, which read arrays of their own. Where only a few are alike, each keeps a function of its own, in which the
compiler knows every number: that is faster.
"""

import math
import re
from dataclasses import dataclass

ANY_NAME = "A_LAYER_OF_ANY_NAME"  # stands for a layer's name in its text
FEWEST = 4  # layers
FEWEST_LONG = 12  # where speed is worth more than flash, of layers of many rounds
LONG = 256  # rounds of the loops
MOST = 16  # numbers that differ
NUMBER = re.compile(r"(?<![\w.)\]])(-?\d+)(u?)(?![\w.])")
DIVISOR = re.compile(r"[/%] -?\d")  # a core without division needs to know it
ROUNDS = re.compile(r"for \(int \w+ = 0; \w+ < (\d+);")
LARGEST = 2**31 - 1
ARRAY = re.compile(r"static const (\w+) (\w+)\[\] = \{[^}]*\};\n")


@dataclass(frozen=True)
class Shared:
    """How a layer is called: by this text, whose name stands for `first`'s, and with these numbers; none: it takes none.

    arrays: the layer's own, in front of the function, as C of any name; array_names: those that it hands over, behind the
    numbers.
    """

    first: int
    text: str
    numbers: tuple[int, ...] = ()
    arrays: str = ""
    array_names: tuple[str, ...] = ()


def shared(texts: list[str], fast: bool = False) -> list[Shared]:
    """For each layer's text, one function of any name, the function that it has in common with others.

    fast: whether long loops keep their numbers in the code, unless there are many.
    """
    alike: dict[tuple, list[int]] = {}
    parts = [_Parts(text) for text in texts]
    for index, part in enumerate(parts):
        sizes = tuple(line for line in part.function.splitlines() if "for (" in line)
        alike.setdefault((part.arrays, NUMBER.sub(r"#\2", part.function), sizes), []).append(index)
    made: dict[int, Shared] = {}
    for group in alike.values():
        made.update(_group(group, parts, fast))
    return [made[index] for index in range(len(texts))]


class _Parts:
    """A layer's text: the arrays in front of the function as pairs of type and name, and the function."""

    def __init__(self, text: str):
        self.text = text
        self.arrays = tuple(ARRAY.findall(text))
        start = max((match.end() for match in ARRAY.finditer(text)), default=0)
        self.start, self.head, self.function = start, text[:start], text[start:]


def _group(group: list[int], parts: list[_Parts], fast: bool) -> dict[int, Shared]:
    numbers = {index: [int(each) for each, _ in NUMBER.findall(parts[index].function)] for index in group}
    rows = list(zip(*numbers.values(), strict=True))
    varied = [place for place, row in enumerate(rows) if len(set(row)) > 1]
    fits = all(abs(each) <= LARGEST for place in varied for each in rows[place])
    first = parts[group[0]]
    different = len({parts[index].text for index in group})
    plain = first.function.count("static") == 1 and not DIVISOR.search(first.function)
    rounds = math.prod(int(count) for count in ROUNDS.findall(first.function))
    fewest = FEWEST_LONG if fast and rounds >= LONG else FEWEST
    if not (varied or first.arrays) or different < fewest or len(varied) > MOST or not fits or not plain:
        own: dict[str, int] = {}
        return {index: Shared(own.setdefault(parts[index].text, index), parts[index].text) for index in group}
    text = _with_arguments(first, varied)
    names = tuple(name for _, name in first.arrays)
    return {
        index: Shared(group[0], text, tuple(numbers[index][place] for place in varied), parts[index].head, names)
        for index in group
    }


def _with_arguments(first: _Parts, varied: list[int]) -> str:
    """The function with more arguments: `numbers`, whose elements stand where the varied numbers stood, and the arrays."""
    places = iter(range(len(NUMBER.findall(first.function))))

    def number(match: re.Match) -> str:
        place = next(places)
        if place not in varied:
            return match[0]
        return f"{'(uint32_t)' if match[2] else ''}n{varied.index(place)}"

    head, body = NUMBER.sub(number, first.function).split(") {\n", 1)
    for index, (_, name) in enumerate(first.arrays):
        body = re.sub(rf"\b{name}\b", f"array{index}", body)
    arrays = [f"const {element} *array{index}" for index, (element, _) in enumerate(first.arrays)]
    head = ", ".join([head, *(["const int32_t *numbers"] if varied else []), *arrays])
    names = ", ".join(f"n{index} = numbers[{index}]" for index in range(len(varied)))
    return f"{head}) {{\n" + (f"  const int32_t {names};\n" if varied else "") + body


def public(layers: dict[str, str], fast: bool = False) -> str:
    """C of layers that other files call by their names: texts of any name, by name; those alike call what they share.

    fast: as for `shared`.
    """
    parts, names = [], list(layers)
    for index, (name, each) in enumerate(zip(names, shared(list(layers.values()), fast), strict=True)):
        own = not (each.numbers or each.array_names)
        parts.append(each.arrays.replace(ANY_NAME, name))
        if own:
            parts.append(layers[name].replace(f"static void {ANY_NAME}(", f"void {name}(").replace(ANY_NAME, name))
            continue
        function = f"{names[each.first]}_shared"
        if each.first == index:
            text = each.text.replace("static void ", "static __attribute__((noinline)) void ", 1)
            parts.append(text.replace(ANY_NAME, function))
        parts.append(_calling(name, function, each, layers[name]))
    return "\n".join(parts)


def _calling(name: str, function: str, each: Shared, text: str) -> str:
    """A function of a layer's own name and arguments that calls the one it shares."""
    arguments = text[_Parts(text).start :].split("(", 1)[1].split(") {\n", 1)[0]
    handed = [argument.split("*")[-1].split(" ")[-1] for argument in arguments.split(", ")]
    numbers = f"  static const int32_t numbers[] = {{{', '.join(map(str, each.numbers))}}};\n" if each.numbers else ""
    handed += (["numbers"] if each.numbers else []) + [array.replace(ANY_NAME, name) for array in each.array_names]
    return f"void {name}({arguments}) {{\n{numbers}  {function}({', '.join(handed)});\n}}\n"
