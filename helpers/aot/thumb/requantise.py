"""From a sum to the byte that is stored: shift, multiply, round, offset, clip; and proof that nothing overflows on the way."""

from dataclasses import dataclass

from helpers.aot.requantisation import Requantisation
from helpers.aot.thumb import shift_add
from helpers.errors import Unsupported

LIFT = 128  # added to an int8 to store it as 0..255
INT32 = (-(2**31), 2**31 - 1)


@dataclass(frozen=True)
class Output:
    """How sums become elements, all stored lifted (q + 128). sums: least and largest sum, bias included, per channel.
    top: the largest element; smaller where a Relu follows that takes its own offset off first."""

    rule: Requantisation
    sums: tuple[tuple[int, int], ...]
    top: int = 255

    @property
    def addend(self) -> int:
        """What is added to the product: rounding, the output's offset and the lift."""
        return self.rule.round + ((self.rule.offset + LIFT) << self.rule.post)

    def unclipped(self, channel: int) -> tuple[int, int]:
        """The least and the largest lifted result of a channel before it is clipped."""
        return tuple(self._result(total) for total in self.sums[channel])

    def _result(self, total: int) -> int:
        return ((total >> self.rule.pre) * self.rule.scale + self.addend) >> self.rule.post

    def element(self, total: int) -> int:
        """The lifted element that a sum becomes."""
        return min(max(self._result(total), 0), self.top)

    def largest(self, channel: int) -> int:
        """The largest lifted result of a channel after clipping."""
        return min(max(self.unclipped(channel)[1], 0), self.top)

    def check(self, where: str) -> None:
        """Raise Unsupported where 32 bits would overflow: then only wrapping C gives what Glow gives."""
        for low, high in self.sums:
            for total in (low, high):
                product = (total >> self.rule.pre) * self.rule.scale + self.rule.round
                for number in (total, product, product + self.addend - self.rule.round):
                    if not INT32[0] <= number <= INT32[1]:
                        raise Unsupported("sums could overflow 32 bits", where=where)


def load_scale(asm, output: Output, register: str) -> None:
    """Put the multiplier into a register, where a multiplication will be what uses it."""
    if output.rule.scale != 1 and _chain(asm, output.rule.scale) is None:
        asm.literal(register, output.rule.scale)


def _chain(asm, scale: int) -> shift_add.Chain | None:
    """The steps that take the place of a multiplication that takes longer."""
    steps = shift_add.chain(scale) if asm.multiplier > 1 else None
    return steps if steps and len(steps) + 1 < asm.multiplier else None


def _multiply(asm, amount: int, register: str, scale: str, spare: str) -> None:
    """Multiply a register by a constant that `scale` holds; where that takes long, by steps that change `spare`."""
    if amount == 1:
        return
    steps = _chain(asm, amount)
    if steps is None:
        asm.emit(f"muls {register}, {scale}, {register}")
        return
    asm.emit(f"movs {spare}, {register}", *shift_add.instructions(steps, spare, register, register))


def emit_known(asm, output: Output, channel: int, start: int, register: str, spare: str, scale: str) -> None:
    """Turn `register`, a sum less its constant `start`, into a lifted element. `scale` holds the multiplier; spare changes.

    The constant joins the rounding behind the product, but for what the first shift would cut off.
    """
    rule = output.rule
    rest = start % (1 << rule.pre)
    if rest:
        asm.emit(f"adds {register}, #{rest}")
    if rule.pre:
        asm.emit(f"asrs {register}, {register}, #{rule.pre}")
    _multiply(asm, rule.scale, register, scale, spare)
    asm.literal(spare, (start >> rule.pre) * rule.scale + output.addend)
    asm.emit(f"adds {register}, {register}, {spare}")
    if rule.post:
        asm.emit(f"asrs {register}, {register}, #{rule.post}")
    emit_clip(asm, register, output.unclipped(channel), output.top, spare)


def emit_loaded(asm, output: Output, register: str, addend: str, scale: str) -> None:
    """Turn `register`, a sum, into an element; `addend` and `scale` hold the output's constants.

    Both are kept, but for a `scale` that no multiplication uses (load_scale)."""
    rule = output.rule
    if rule.pre:
        asm.emit(f"asrs {register}, {register}, #{rule.pre}")
    _multiply(asm, rule.scale, register, scale, scale)
    asm.emit(f"adds {register}, {register}, {addend}")
    if rule.post:
        asm.emit(f"asrs {register}, {register}, #{rule.post}")


def emit_clip(asm, register: str, bounds: tuple[int, int], top: int, spare: str) -> None:
    """Clip to 0..top where the bounds ask for it; the flags are those of `register`, `spare` changes."""
    low, high = bounds
    done = asm.label()
    if high > top:
        asm.emit(f"cmp {register}, #{top}", f"bls {done}", f"asrs {register}, {register}, #31")
        asm.emit(f"movs {spare}, #{top}", f"bics {spare}, {register}", f"movs {register}, {spare}")
    elif low < 0:
        asm.emit(f"bpl {done}", f"movs {register}, #0")
    asm.place(done)
