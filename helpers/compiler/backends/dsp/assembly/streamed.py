"""Sums in assembly: a block of windows and outputs stays in registers, and each load is under way before its word is needed.

The function takes the first window's widened elements, a stream of words, and where the first result goes. The stream has, for
each block of outputs, what the sums start with, the weights in the order of their use, and the numbers of the output stage.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends.dsp.assembly import ending
from helpers.compiler.backends.dsp.assembly.ending import Ending, function
from helpers.compiler.backends.dsp.blocks import Block
from helpers.compiler.backends.dsp.sums import Sums

SUMS = ("r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11")
FREE = ("r2", "r3", "r12", "lr")
FURTHEST = 4095  # bytes from a base register
UNROLLED = 24  # steps (pairs of taps) that become straight code
AT_ONCE = 8  # steps of a round of a loop
LINE, RESULT, COUNT, END = 0, 4, 8, 12  # bytes on the stack


@dataclass(frozen=True)
class Part:
    """Straight code: byte offsets of its steps from r0; repeated, with r0 moved on by `advance` bytes each time."""

    steps: tuple[int, ...]
    repeated: int = 1
    advance: int = 0


def fits(sums: Sums, block: Block, spread: int) -> bool:
    """Whether all offsets have room in an instruction."""
    windows = _windows(sums, block)
    furthest = (block.wide - 1) * spread + block.outputs
    reach = max(windows) + 4 * min(max(sums.pairs, UNROLLED), UNROLLED)
    return (
        furthest <= FURTHEST
        and reach <= FURTHEST
        and len(sums.offsets()) <= UNROLLED
        and block.outputs * 4 * UNROLLED <= FURTHEST
    )


def _windows(sums: Sums, block: Block) -> list[int]:
    """The byte offset of each window of a block."""
    return [2 * (y * sums.down + x * sums.across) for y in range(block.high) for x in range(block.wide)]


def parts(sums: Sums, block: Block, from_bytes: bool) -> list[Part]:
    """The code of all taps, in order. from_bytes: four elements are a word, of which two steps are made."""
    starts = [2 * each for each in sums.offsets()]
    size, pairs = (2, 2 * -(-sums.weights.shape[2] // 4)) if from_bytes else (4, sums.pairs)
    offsets = [4 * (step * size // 4) for step in range(pairs)]
    steps = [start + offset for start in starts for offset in offsets]
    if len(steps) <= UNROLLED and max(steps) + max(_windows(sums, block)) <= FURTHEST:
        return [Part(tuple(steps))]
    rounds, rest = divmod(pairs, AT_ONCE)
    found: list[Part] = []
    for start, following in zip(starts, [*starts[1:], starts[-1] + size * pairs], strict=True):
        if rounds:
            found.append(Part(tuple(offsets[:AT_ONCE]), rounds, size * AT_ONCE))
        ahead = following - start - size * AT_ONCE * rounds
        found.append(Part(tuple(offsets[:rest]), 1, ahead))
    return found


def outputs_of(sums: Sums, block: Block) -> list[tuple[int, int]]:
    """The blocks of outputs as pairs of first output and number: all of one size but the last."""
    return [(at, min(block.outputs, sums.outputs - at)) for at in range(0, sums.outputs, block.outputs)]


def stream(sums: Sums, block: Block, last: Ending, from_bytes: bool = False) -> np.ndarray:
    """The words that the function reads, as int32."""
    taps = sums.weights.shape[2]
    padded = np.pad(sums.weights, ((0, 0), (0, 0), (0, -taps % (4 if from_bytes else 2)))).astype(np.int64)
    if from_bytes:  # sxtb16 takes the first and the third of four bytes
        padded = padded.reshape(*padded.shape[:2], -1, 4)[..., [0, 2, 1, 3]].reshape(padded.shape)
    words = (padded[:, :, 0::2] & 0xFFFF) | (padded[:, :, 1::2] << 16)
    found = []
    for first, count in outputs_of(sums, block):
        found += [sums.starts[first : first + count]]
        found += [words[first : first + count].reshape(count, -1).T.ravel()]
        found += [np.array(last.numbers(range(first, first + count)), np.int64)]
    return (np.concatenate(found) & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def c(name: str, sums: Sums, block: Block, last: Ending, spread: int, from_bytes: bool = False) -> str:
    """The function as C without a frame of its own. from_bytes: it reads int8 elements that are not widened."""
    blocks = outputs_of(sums, block)
    whole = sum(count == block.outputs for _, count in blocks)
    lines = ["push {r4-r11, lr}", "sub sp, #20", f"str r0, [sp, #{LINE}]", f"str r2, [sp, #{RESULT}]"]
    lines += _repeated(_block(sums, block, last, spread, from_bytes), whole)
    if whole < len(blocks):
        lines += _block(sums, Block(block.high, block.wide, blocks[-1][1]), last, spread, from_bytes)
    lines += ["add sp, #20", "pop {r4-r11, pc}"]
    note = "Two products an instruction: r4 to r11 are sums, r0 points to elements, r1 to weights."
    return function(name, note, "const int8_t *line" if from_bytes else "const int16_t *line", lines)


def calls(name: str, sums: Sums, block: Block, spread: int) -> str:
    """C that computes a row's `columns` windows: the last block is moved back so that it ends at the end."""
    wide, pool = (1, 2) if sums.pooled else (block.wide, 1)
    place = "i" if wide == 1 else "x"
    where = f"      int x = i < columns - {wide} ? i : columns - {wide};\n" if wide > 1 else ""
    call = f"      {name}(line + {place} * {sums.across * pool}, numbers, result + {place} * {spread});\n"
    return f"    for (int i = 0; i < columns; i += {wide}) {{\n{where}{call}    }}\n"


def _repeated(lines: list[str], count: int) -> list[str]:
    if count <= 1:
        return lines * count
    again = [f"ldr r2, [sp, #{COUNT}]", "subs r2, #1", f"str r2, [sp, #{COUNT}]", "bne.w 1b"]
    return [
        f"movs r3, #{count}" if count < 256 else f"movw r3, #{count}",
        f"str r3, [sp, #{COUNT}]",
        "1:",
        *lines,
        *again,
    ]


def _block(sums: Sums, block: Block, last: Ending, spread: int, from_bytes: bool) -> list[str]:
    """A block of outputs for a block of windows."""
    windows = block.high * block.wide
    of = {(w, o): SUMS[w * block.outputs + o] for w in range(windows) for o in range(block.outputs)}
    first = [of[0, o] for o in range(block.outputs)]
    lines = [f"ldr r0, [sp, #{LINE}]", f"ldm r1!, {{{', '.join(first)}}}"]
    spare = [*FREE, *(each for each in SUMS if each not in of.values())]
    for number, part in enumerate(parts(sums, block, from_bytes)):
        lines += _part(part, _Loads(_windows(sums, block), of, spare, from_bytes), number == 0)
    if sums.pooled:
        for o in range(block.outputs):
            for w in range(1, windows):
                lines += [f"cmp {of[w, o]}, {of[0, o]}", "it gt", f"movgt {of[0, o]}, {of[w, o]}"]
        of, windows = {key: register for key, register in of.items() if key[0] == 0}, 1
    lines += [f"ldr lr, [sp, #{RESULT}]"]
    lines += ending.lines(last, of, spread)
    if sums.outputs > block.outputs:
        lines += [f"add lr, lr, #{block.outputs}", f"str lr, [sp, #{RESULT}]"]
    return lines


@dataclass(frozen=True)
class _Loads:
    """Byte offsets of the windows, the register of each sum by window and output, and the registers for words."""

    windows: list[int]
    of: dict[tuple[int, int], str]
    spare: list[str]
    from_bytes: bool

    @property
    def outputs(self) -> int:
        return len(self.of) // len(self.windows)


def _part(part: Part, loads: _Loads, begins: bool) -> list[str]:
    """A part's steps, and the loop around them; the first one moves what the sums start with to every window."""
    move = [*_add("r1", "r1", 4 * loads.outputs * len(part.steps)), *_add("r0", "r0", part.advance)]
    rounds = part.repeated - begins
    first = [*_steps(part.steps, loads, True), *move] if begins else []
    body = [*_steps(part.steps, loads, False), *move]
    if rounds <= 1:
        return [*first, *body * rounds]
    end = [*_add("r2", "r0", part.advance * rounds), f"str r2, [sp, #{END}]"]
    return [*first, *end, "2:", *body, f"ldr r2, [sp, #{END}]", "cmp r0, r2", "bne.w 2b"]


def _add(target: str, source: str, number: int) -> list[str]:
    """Instructions that add a number to a register; r3 is lost if it is large."""
    if not number:
        return [] if target == source else [f"mov {target}, {source}"]
    if 0 < number <= FURTHEST:
        return [f"addw {target}, {source}, #{number}" if number > 255 else f"add {target}, {source}, #{number}"]
    high = [f"movt r3, #{number >> 16 & 0xFFFF}"]
    return [f"movw r3, #{number & 0xFFFF}", *high, f"add {target}, {source}, r3"]


def _steps(steps: tuple[int, ...], loads: _Loads, begins: bool) -> Iterator[str]:
    """Multiply and add; a register is loaded anew as soon as its word has been used for the last time."""
    windows, outputs = len(loads.windows), loads.outputs
    products = [
        each for number in range(len(steps)) for each in _products(number, windows, outputs, begins and number == 0)
    ]
    last: dict[tuple[str, int, int], int] = {}
    for at, (window, output, number) in enumerate(products):
        last["x", window, number] = last["w", output, number] = at
    wanted = deque(dict.fromkeys(key for w, o, n in products for key in (("w", o, n), ("x", w, n))))
    free: deque[str] = deque(loads.spare)
    held: dict[tuple[str, int, int], str] = {}
    for at, (window, output, number) in enumerate(products):
        while wanted and len(free) >= (2 if loads.from_bytes and wanted[0][0] == "x" else 1):
            kind, which, step = key = wanted.popleft()
            held[key] = free.popleft()
            if kind == "w":
                yield f"ldr {held[key]}, [r1, #{4 * (step * outputs + which)}]"
                continue
            yield f"ldr {held[key]}, [r0, #{steps[step] + loads.windows[which]}]"
            if loads.from_bytes:
                following = (kind, which, step + 1)
                wanted.remove(following)
                held[following] = free.popleft()
                yield f"sxtb16 {held[following]}, {held[key]}, ror #8"
                yield f"sxtb16 {held[key]}, {held[key]}"
        x, w, total = held["x", window, number], held["w", output, number], loads.of[window, output]
        yield f"smlad {total}, {x}, {w}, {loads.of[0, output] if begins and number == 0 else total}"
        for key in (("x", window, number), ("w", output, number)):
            if last[key] == at:
                free.append(held.pop(key))


def _products(number: int, windows: int, outputs: int, begins: bool) -> list[tuple[int, int, int]]:
    """Window, output and step of a step's products, in an order in which few words are held.

    begins: the first window comes last, since its sums hold what all begin with.
    """
    order = range(windows - 1, -1, -1) if begins else range(windows)
    if outputs <= 2:
        return [(w, o, number) for w in order for o in range(outputs)]
    return [(w, o, number) for o in range(outputs) for w in order]
