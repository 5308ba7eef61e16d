"""Where the finished groups of a pass wait, and how they become sums.

A group is set aside as it is, in a register or on the stack, or it is added to two registers at once: its high half to the one,
its word to the other. At the end all groups of a channel are added, or subtracted.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from helpers.compiler.backends.thumb.arithmetic.lane_groups import Commons, Group
from helpers.compiler.backends.thumb.assembler.assembly import Assembly

# Cycles of a finished group. Its high half and its word are added to two sums (lsrs, adds, adds), which two moves begin; or
# it waits, in a register (two moves besides) or on the stack (str and ldr besides).
ADDED, BEGUN, IN_REGISTER, ON_STACK = 3, 2, 5, 7
TURNED = 2  # to subtract from two sums, or to negate both
REGISTERS = ("r9", "r10", "r11", "lr")
COMMON = ("r12", "r8")  # the common offsets, as many as there are; else places more

Signs = Sequence[int]  # of the groups of a channel, the last one included


@dataclass
class Store:
    """Where a channel's finished groups wait: as (sum of high halves, sum of words) in two registers, or word by word."""

    summed: bool
    places: list = field(default_factory=list)  # register names, or offsets from sp

    def below(self, pushed: int) -> "Store":
        """The same store when so many bytes more are on the stack."""
        return Store(self.summed, [place if isinstance(place, str) else place + pushed for place in self.places])


def registers(commons: Commons) -> tuple[str, ...]:
    """The registers that groups may wait in."""
    return (*COMMON[len(commons) :], *REGISTERS)


def allocate(groups: Sequence[Sequence[Group]], commons: Commons, first_slot: int) -> tuple[list[Store], int]:
    """Give the channels' finished groups places; returns them and the number of stack words from `first_slot` on.

    Of all choices of the channels that are summed (two registers each), the one that costs least.
    """
    signs = [[group.sign for group in each] for each in groups]
    free = list(registers(commons))
    summed = min(_subsets(signs), key=lambda subset: _cycles(signs, subset, len(free)))
    flushes, slots = [len(each) - 1 for each in signs], 0
    stores = [Store(True, [free.pop(), free.pop()]) if channel in summed else Store(False) for channel in range(4)]
    for channel in sorted(set(range(4)) - set(summed), key=lambda c: (flushes[c], c)):
        for _ in range(flushes[channel]):
            stores[channel].places.append(free.pop() if free else first_slot + 4 * slots)
            slots += isinstance(stores[channel].places[-1], int)
    return stores, slots


def cycles(groups: Sequence[Sequence[Group]], commons: Commons) -> int:
    """Cycles to set groups aside and to add them at the end."""
    signs = [[group.sign for group in each] for each in groups]
    return min(_cycles(signs, subset, len(registers(commons))) for subset in _subsets(signs))


def _subsets(signs: Sequence[Signs]) -> list[tuple[int, ...]]:
    """Channels that may be summed: only groups of one sign are."""
    may = [channel for channel, each in enumerate(signs) if len(each) > 2 and len(set(each[:-1])) == 1]
    return [subset for size in range(3) for subset in itertools.combinations(may, size)]


def _cycles(signs: Sequence[Signs], summed: tuple[int, ...], many: int) -> int:
    words = sum(len(each) - 1 for channel, each in enumerate(signs) if channel not in summed)
    in_registers = min(words, many - 2 * len(summed))
    kept = sum(ADDED * (len(signs[channel]) - 1) + BEGUN for channel in summed)
    turned = sum(min(each) < 0 if channel in summed else max(each) < 0 for channel, each in enumerate(signs))
    return kept + IN_REGISTER * in_registers + ON_STACK * (words - in_registers) + TURNED * turned


def set_aside(asm: Assembly, store: Store, number: int, register: str) -> None:
    """Put the finished group of that number aside; r6 changes."""
    if store.summed:
        how = "add" if number else "mov"
        high, words = store.places
        asm.emit(f"lsrs r6, {register}, #16", f"{how} {high}, r6", f"{how} {words}, {register}")
        return
    place = store.places[number]
    asm.emit(f"mov {place}, {register}" if isinstance(place, str) else f"str {register}, [sp, #{place}]")


def merge(asm: Assembly, store: Store, signs: Signs, register: str) -> None:
    """Leave the sum of the right pixel in r5, that of the left one in the register of the last group; r6 and r7 change."""
    asm.emit(f"lsrs r5, {register}, #16")
    if len(signs) == 1:
        asm.emit(f"uxth {register}, {register}")
        turned = signs[0] < 0
    else:
        turned = (_summed if store.summed else _words)(asm, store, signs, register)
        asm.emit("lsls r6, r5, #16", f"subs {register}, {register}, r6")
    if turned:
        asm.emit("rsbs r5, r5, #0", f"rsbs {register}, {register}, #0")


def _summed(asm: Assembly, store: Store, signs: Signs, register: str) -> bool:
    """Take in both sums; returns whether r5 and the register hold the sums with their signs changed."""
    sums = list(zip(store.places, ("r5", register), strict=True))
    if signs[0] == signs[-1]:
        asm.emit(*[f"add {to}, {place}" for place, to in sums])
        return signs[0] < 0
    for place, to in sums:
        asm.emit(f"mov r6, {place}", f"subs {to}, {to}, r6" if signs[0] < 0 else f"subs {to}, r6, {to}")
    return False


def _words(asm: Assembly, store: Store, signs: Signs, register: str) -> bool:
    """Take in all words; returns whether r5 and the register hold the sums with their signs changed."""
    turned = signs[-1] < 0
    for place, sign in zip(store.places, signs, strict=False):
        asm.emit(f"mov r6, {place}" if isinstance(place, str) else f"ldr r6, [sp, #{place}]", "lsrs r7, r6, #16")
        if turned and sign > 0:
            asm.emit("subs r5, r7, r5", f"subs {register}, r6, {register}")
            turned = False
            continue
        how = "subs" if (sign < 0) != turned else "adds"
        asm.emit(f"{how} r5, r5, r7", f"{how} {register}, {register}, r6")
    return turned
