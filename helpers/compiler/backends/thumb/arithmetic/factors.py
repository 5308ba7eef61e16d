"""The factor from a sum to a stored element in 32-bit arithmetic: Glow's short ones, and those of 31 bits, digit by digit."""

from dataclasses import dataclass

from helpers.common.errors import Unsupported
from helpers.compiler.backends.thumb.arithmetic import shift_add
from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from helpers.compiler.numerics.requantisation import FixedPoint, Requantisation

INT32 = (-(2**31), 2**31 - 1)


@dataclass(frozen=True)
class Shifted:
    """Glow's: ((x >> pre) * multiplier + addend) >> post; the addend: the rounding and, `post` bits up, what 0 is stored as."""

    pre: int
    multiplier: int
    post: int
    addend: int

    def steps(self, total: int) -> list[int]:
        """Every number on the way, the result last."""
        product = (total >> self.pre) * self.multiplier
        return [total, product, product + self.addend, (product + self.addend) >> self.post]

    @property
    def modulus(self) -> int:
        """What a sum's constant is best a multiple of: the first shift then cuts nothing of it off."""
        return 1 << self.pre

    @property
    def words(self) -> tuple[int, ...]:
        """What `emit_from_table` reads."""
        return self.pre, self.multiplier, self.addend, self.post

    @property
    def shape(self) -> tuple:
        """What must be the same of factors that `emit_from_table` reads with one piece of code."""
        return ("shifted",)

    def load(self, asm: Assembly, register: str) -> None:
        """Put the multiplier into a register, where a multiplication will be what uses it."""
        if self.multiplier != 1 and _chain(asm, self.multiplier) is None:
            asm.literal(register, self.multiplier)

    def emit_known(self, asm: Assembly, start: int, register: str, spare: str, multiplier: str) -> None:
        """Turn `register`, a sum less its constant `start`, into a result. `multiplier` holds the multiplier; spare changes.

        The constant joins the rounding behind the product, but for what the first shift would cut off.
        """
        asm.advance(register, start % (1 << self.pre), spare)
        self._product(asm, register, multiplier, spare)
        asm.literal(spare, (start >> self.pre) * self.multiplier + self.addend)
        self._end(asm, register, spare)

    def emit_loaded(self, asm: Assembly, register: str, addend: str, multiplier: str) -> None:
        """Turn `register`, a sum, into a result; `addend` and `multiplier` hold the constants.

        Both are kept, but for a `multiplier` that no multiplication uses (load)."""
        self._product(asm, register, multiplier, multiplier)
        self._end(asm, register, addend)

    def _product(self, asm: Assembly, register: str, multiplier: str, spare: str) -> None:
        if self.pre:
            asm.emit(f"asrs {register}, {register}, #{self.pre}")
        if self.multiplier == 1:
            return
        steps = _chain(asm, self.multiplier)
        if steps is None:
            asm.emit(f"muls {register}, {multiplier}, {register}")
        else:
            asm.emit(f"movs {spare}, {register}", *shift_add.instructions(steps, spare, register, register))

    def _end(self, asm: Assembly, register: str, addend: str) -> None:
        asm.emit(f"adds {register}, {register}, {addend}")
        if self.post:
            asm.emit(f"asrs {register}, {register}, #{self.post}")

    def emit_from_table(self, asm: Assembly, register: str, table: str, spare: tuple[str, str, str]) -> None:
        """Requantise with this channel's words read from `table`, which advances past them; clobbers three registers."""
        pre, multiplier, addend = spare
        asm.emit(f"ldmia {table}!, {{{pre}, {multiplier}, {addend}}}", f"asrs {register}, {pre}")
        asm.emit(f"muls {register}, {multiplier}, {register}", f"adds {register}, {register}, {addend}")
        asm.emit(f"ldmia {table}!, {{{pre}}}", f"asrs {register}, {pre}")


@dataclass(frozen=True)
class Digits:
    """A factor of 31 bits as `digits` of `bits` bits each, the lowest first: no product is wider than 32 bits.

    The sum times the multiplier, less the low digits' bits, comes digit by digit; what a digit's product has beyond them is
    carried to the next, so nothing is lost. Then (t + addend) >> shift. first: 0, or where TFLite rounds twice, the bits that go
    first, halves up; what is then negative has 1 taken off, so that halves go away from zero.
    """

    digits: tuple[int, ...]
    bits: int
    first: int
    addend: int
    shift: int

    def steps(self, total: int) -> list[int]:
        """Every number on the way, the result last."""
        made, t = [total], 0
        for digit in self.digits:
            made += [total * digit, total * digit + (t >> self.bits)]
            t = made[-1]
        if self.first:
            t = (t + self._half) >> self.first
            made += [t + self._half, t]
            t -= t < 0
        return [*made, t + self.addend, (t + self.addend) >> self.shift]

    modulus = 1  # no constant of a sum is better than another

    @property
    def _half(self) -> int:
        return 1 << (self.first - 1)

    @property
    def words(self) -> tuple[int, ...]:
        """What `emit_from_table` reads."""
        return *self.digits, self.addend, self.shift

    @property
    def shape(self) -> tuple:
        """What must be the same of factors that `emit_from_table` reads with one piece of code."""
        return "digits", len(self.digits), self.bits, self.first

    def load(self, asm: Assembly, register: str) -> None:
        """There is no one multiplier to load."""

    def emit_known(self, asm: Assembly, start: int, register: str, spare: str, multiplier: str) -> None:
        """Turn `register`, a sum less its constant `start`, into a result; two registers change."""
        if start:
            asm.literal(spare, start)
            asm.emit(f"adds {register}, {register}, {spare}")
        self._known_products(asm, register, spare, multiplier)
        self._round_first(asm, register, spare)
        asm.literal(spare, self.addend)
        asm.emit(f"adds {register}, {register}, {spare}")
        if self.shift:
            asm.emit(f"asrs {register}, {register}, #{self.shift}")

    def _known_products(self, asm: Assembly, register: str, total: str, product: str) -> None:
        """Multiply by the digits, which are constants in the code; the last product takes the sum's own register."""
        last = len(self.digits) - 1
        for index, digit in enumerate(self.digits):
            made = register if index == last else product if index else total
            steps = _chain(asm, digit) if digit else None
            if steps and index == last:
                asm.emit(f"movs {product}, {register}", *shift_add.instructions(steps, product, register, register))
            elif steps:
                asm.emit(*shift_add.instructions(steps, register, made, made))
            else:
                loaded = product if index == last else made
                asm.literal(loaded, digit)
                asm.emit(f"muls {made}, {loaded}, {made}" if index == last else f"muls {made}, {register}, {made}")
            if index:
                asm.emit(f"adds {made if index == last else total}, {made}, {total}")
            if index < last:
                asm.emit(f"asrs {total}, {total}, #{self.bits}")

    def _round_first(self, asm: Assembly, register: str, spare: str) -> None:
        if self.first:
            asm.literal(spare, self._half)
            asm.emit(f"adds {register}, {register}, {spare}", f"asrs {register}, {register}, #{self.first}")
            asm.emit(f"asrs {spare}, {register}, #31", f"adds {register}, {register}, {spare}")

    def emit_from_table(self, asm: Assembly, register: str, table: str, spare: tuple[str, str, str]) -> None:
        """Requantise with this channel's words read from `table`, which advances past them; clobbers three registers."""
        total, *others = spare
        words = _Words(asm, table, others, len(self.digits) + 1)
        asm.emit(
            f"ldmia {table}!, {{{total}}}", f"muls {total}, {register}, {total}", f"asrs {total}, {total}, #{self.bits}"
        )
        for _ in self.digits[1:-1]:
            product = words.next()
            asm.emit(f"muls {product}, {register}, {product}", f"adds {total}, {total}, {product}")
            asm.emit(f"asrs {total}, {total}, #{self.bits}")
        asm.emit(f"muls {register}, {words.next()}, {register}", f"adds {register}, {register}, {total}")
        self._round_first(asm, register, total)
        asm.emit(f"adds {register}, {register}, {words.next()}", f"asrs {register}, {words.next()}")

    def emit_with_shift(self, asm: Assembly, register: str, table: str, spare: tuple[str, str, str]) -> None:
        """As emit_from_table, for factors of two or three digits that all have one shift, and round once."""
        total, product, last = spare
        cut = f"asrs {total}, {total}, #{self.bits}"
        asm.emit(f"ldmia {table}!, {{{total}, {product}, {last}}}", f"muls {total}, {register}, {total}", cut)
        if len(self.digits) == 2:
            asm.emit(f"muls {register}, {product}, {register}", f"adds {register}, {register}, {total}")
        else:
            asm.emit(f"muls {product}, {register}, {product}", f"adds {total}, {total}, {product}", cut)
            asm.emit(f"muls {register}, {last}, {register}", f"adds {register}, {register}, {total}")
            asm.emit(f"ldmia {table}!, {{{last}}}")
        asm.emit(f"adds {register}, {register}, {last}", f"asrs {register}, {register}, #{self.shift}")


class _Words:
    """Words from a table, two at a time into two registers."""

    def __init__(self, asm: Assembly, table: str, registers: list[str], count: int):
        self.asm, self.table, self.registers, self.left = asm, table, registers, count
        self.ready: list[str] = []

    def next(self) -> str:
        """The register that holds the next word, good until two more have been asked for."""
        if not self.ready:
            self.ready = self.registers[: min(2, self.left)]
            self.asm.emit(f"ldmia {self.table}!, {{{', '.join(self.ready)}}}")
            self.left -= len(self.ready)
            self.ready = list(self.ready)
        return self.ready.pop(0)


Factor = Shifted | Digits


def fits(factor: Factor, total: int) -> bool:
    """Whether every number on the way from a sum to its result fits into 32 bits."""
    return all(INT32[0] <= number <= INT32[1] for number in factor.steps(total))


def factor_of(rule: Requantisation | FixedPoint, zero: int, largest: int) -> Factor:
    """A rule as instructions do it. zero: what real 0 is stored as; largest: the largest magnitude of a sum, of all channels.

    Raises Unsupported for a rule that 32 bits cannot do exactly.
    """
    if isinstance(rule, FixedPoint):
        return _digits(rule, zero, largest)
    if rule.wide:
        raise Unsupported("a product of 64 bits")
    return Shifted(rule.pre, rule.multiplier, rule.post, rule.round + (zero << rule.post))


def _digits(rule: FixedPoint, zero: int, largest: int) -> Digits:
    count = next((n for n in range(2, 32) if largest << -(-31 // n) <= INT32[1]), None)
    if count is None:
        raise Unsupported("a sum of 31 bits, and a factor of as many")
    bits = -(-31 // count)
    cut, mask = (count - 1) * bits, (1 << bits) - 1
    digits = tuple(rule.multiplier >> bits * n & mask for n in range(count))
    unit, shift = 31 - rule.left - cut, rule.right  # t's bits behind the point before and after TFLite's first rounding
    if unit < 1 or unit + shift > 31 or _ties(rule, largest):
        raise Unsupported("a factor that 32 bits cannot do exactly")
    second = 1 << shift - 1 if shift else 0
    if rule.helper == "doubled" and shift and zero > 0:  # else what is below real 0 is clipped, however it was rounded
        return Digits(digits, bits, unit, second + (zero << shift), shift)
    rounding = (1 << unit - 1) + (second << unit) if rule.helper == "doubled" else 1 << unit + shift - 1
    return Digits(digits, bits, 0, rounding + (zero << unit + shift), unit + shift)


def _ties(rule: FixedPoint, largest: int) -> bool:
    """Whether a sum may lie halfway between two results where halves go to even, which no single addend does."""
    if rule.helper != "rounded_even" or not rule.multiplier:
        return False
    zeros = (rule.multiplier & -rule.multiplier).bit_length() - 1
    return zeros + rule.left + largest.bit_length() - 1 >= 30 + rule.right


def _chain(asm: Assembly, amount: int) -> shift_add.Chain | None:
    """The steps that take the place of a multiplication that takes longer."""
    steps = shift_add.chain(amount) if asm.mul_cycles > 1 else None
    return steps if steps and len(steps) + 1 < asm.mul_cycles else None
