"""Numbers of which each output of a layer has its own, in C: an array of the narrowest type, or one number where all agree."""

from collections.abc import Sequence

from helpers.compiler.numerics.requantisation import FixedPoint, Requantisation

TYPES = (("int8_t", 2**7), ("int16_t", 2**15), ("int32_t", 2**31))
IN_A_LINE = 16


class Columns:
    """The arrays of one layer, named after its function. `head` is the C in front of the function; expressions use o."""

    def __init__(self, name: str):
        self.name, self.head = name, ""

    def add(self, key: str, numbers: Sequence[int]) -> str:
        """Add a number an output; returns the C expression for that of the output `o`."""
        numbers = [int(number) for number in numbers]
        if len(set(numbers)) == 1:
            return f"({numbers[0]})" if numbers[0] < 0 else f"{numbers[0]}"
        element = next(element for element, end in TYPES if -end <= min(numbers) and max(numbers) < end)
        rows = (numbers[first : first + IN_A_LINE] for first in range(0, len(numbers), IN_A_LINE))
        lines = "".join(f"  {', '.join(map(str, row))},\n" for row in rows)
        self.head += f"static const {element} {self.name}_{key}[] = {{\n{lines}}};\n"
        return f"{self.name}_{key}[o]"

    def requantised(self, key: str, rules: Sequence[Requantisation | FixedPoint], x: str) -> str:
        """The C expression that requantises x by the rule of the output `o`, without the rules' offsets."""
        fixed = [rule for rule in rules if isinstance(rule, FixedPoint)]
        short = [rule for rule in rules if isinstance(rule, Requantisation)]
        row = self._fixed_row(key, fixed) if fixed else self._short_row(key, short)
        return f"{rules[0].helper}((const int32_t[]){{{row}}}, {x})" if row else x

    def _fixed_row(self, key: str, rules: list[FixedPoint]) -> str:
        left = self.add(f"{key}_left", [rule.left for rule in rules])
        multiplier = self.add(f"{key}_multiplier", [rule.multiplier for rule in rules])
        return f"{left}, {multiplier}, 0, {self.add(f'{key}_shift', [rule.right for rule in rules])}"

    def _short_row(self, key: str, rules: list[Requantisation]) -> str:
        """Nothing where no rule changes anything."""
        if all((rule.pre, rule.multiplier, rule.post) == (0, 1, 0) for rule in rules):
            return ""
        before = self.add(f"{key}_before", [rule.pre for rule in rules])
        multiplier = self.add(f"{key}_multiplier", [rule.multiplier for rule in rules])
        after = self.add(f"{key}_shift", [rule.post for rule in rules])
        return f"{before}, {multiplier}, (1 << {after}) >> 1, {after}"
