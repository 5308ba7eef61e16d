"""Where the finished groups of a pass wait, and how they become sums.

A group is set aside as it is, in a register or on the stack, or it is added to two registers at once: its high half to the one,
its word to the other. At the end all groups of a channel are added, or subtracted.

In a word whose lanes are signed numbers, the high half is one less than the upper lane where the lower lane is negative. Bit 15
tells, which is the last bit that a shift by 16 takes out, into the carry: `asrs` and `adcs` add the upper lane. There is no
instruction that subtracts it, so that such groups are only added, and two instructions later than an unsigned one.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from helpers.compiler.backends.thumb.arithmetic.lane_groups import Aside, Commons, Group
from helpers.compiler.backends.thumb.assembler.assembly import Assembly

# Cycles of a finished group. Its high half and its word are added to two sums (lsrs, adds, adds), which two moves begin; or
# it waits, in a register (two moves besides) or on the stack (str and ldr besides).
ADDED, BEGUN, IN_REGISTER, ON_STACK = 3, 2, 5, 7
BESIDE = 4  # to take in at the end what is summed aside
TURNED = 2  # to subtract from two sums, or to negate both
# More cycles where a sum begins with signed lanes; where it is negated so that signed lanes can be added.
BEGINS, NEGATED = 2, 1
REGISTERS = ("r9", "r10", "r11", "lr")
COMMON = ("r12", "r8")  # the common offsets, as many as there are; else places more

Asides = tuple[Aside | None, ...]  # of each channel


@dataclass
class Store:
    """Where a channel's finished groups wait: as (sum of high halves, sum of words) in two registers, or word by word.

    aside: the register of the taps that are summed aside, if there are any.
    """

    summed: bool
    places: list = field(default_factory=list)  # register names, or offsets from sp
    aside: str = ""

    def below(self, pushed: int) -> "Store":
        """The same store when so many bytes more are on the stack."""
        places = [place if isinstance(place, str) else place + pushed for place in self.places]
        return replace(self, places=places)


def registers(commons: Commons) -> tuple[str, ...]:
    """The registers that groups may wait in."""
    return (*COMMON[len(commons) :], *REGISTERS)


def allocate(
    groups: Sequence[Sequence[Group]], commons: Commons, asides: Asides, first_slot: int
) -> tuple[list[Store], int]:
    """Give the channels' finished groups places; returns them and the number of stack words from `first_slot` on.

    Of all choices of the channels that are summed (two registers each), the one that costs least.
    """
    free = list(registers(commons))
    beside = [free.pop() if aside else "" for aside in asides]
    summed = min(_subsets(groups, asides), key=lambda subset: _cycles(groups, subset, len(free), asides))
    flushes, slots = [len(each) - 1 for each in groups], 0
    stores = [Store(True, [free.pop(), free.pop()]) if channel in summed else Store(False) for channel in range(4)]
    for store, register in zip(stores, beside, strict=True):
        store.aside = register
    for channel in sorted(set(range(4)) - set(summed), key=lambda c: (flushes[c], c)):
        for _ in range(flushes[channel]):
            stores[channel].places.append(free.pop() if free else first_slot + 4 * slots)
            slots += isinstance(stores[channel].places[-1], int)
    return stores, slots


def kind(group: Group) -> Group:
    """All of a group that `cycles` depends on."""
    return _kind(group.sign, group.signed)


@cache
def _kind(sign: int, signed: bool) -> Group:
    return Group(0, 0, 0, sign, signed)


@cache
def cycles(groups: tuple[tuple[Group, ...], ...], commons: int, asides: Asides) -> int:
    """Cycles to set groups aside and to add them at the end. commons: how many offsets registers hold."""
    free = len(COMMON) + len(REGISTERS) - commons - sum(aside is not None for aside in asides)
    return min(_cycles(groups, subset, free, asides) for subset in _subsets(groups, asides))


def _subsets(groups: Sequence[Sequence[Group]], asides: Asides) -> list[tuple[int, ...]]:
    """Channels that may be summed: only groups of one sign are, and none whose lanes are signed."""
    may = [n for n, each in enumerate(groups) if len(each) > 2 and _summable(each) and not asides[n]]
    return [subset for size in range(3) for subset in itertools.combinations(may, size)]


def _summable(groups: Sequence[Group]) -> bool:
    return len({group.sign for group in groups[:-1]}) == 1 and not any(group.signed for group in groups)


def _cycles(groups: Sequence[Sequence[Group]], summed: tuple[int, ...], free: int, asides: Asides) -> int:
    """free: registers for groups."""
    words = sum(len(each) - 1 for channel, each in enumerate(groups) if channel not in summed)
    in_registers = min(words, free - 2 * len(summed))
    kept = sum(ADDED * (len(groups[channel]) - 1) + BEGUN for channel in summed)
    turned = sum(TURNED * (groups[channel][0].sign < 0) for channel in summed)
    single = [all_of(each, aside) for each, aside in zip(groups, asides, strict=True)]
    more = sum(_more(each) for channel, each in enumerate(single) if channel not in summed)
    beside = BESIDE * sum(aside is not None for aside in asides)
    return kept + IN_REGISTER * in_registers + ON_STACK * (words - in_registers) + turned + more + beside


def all_of(groups: Sequence[Group], aside: Aside | None) -> Sequence[Group]:
    """A channel's groups; the taps that are summed aside come first, as a group."""
    return groups if aside is None else [Group(0, 0, 0, aside.sign), *groups]


def _more(groups: Sequence[Group]) -> int:
    """More cycles than groups of unsigned lanes that are added would take: see `_words`."""
    *waiting, last = groups
    if any(not group.signed and group.sign > 0 for group in waiting):
        return 0
    if last.signed:
        return BEGINS
    if last.sign > 0:
        return 0
    return NEGATED if any(group.signed for group in waiting) else TURNED


def set_aside(asm: Assembly, store: Store, number: int, register: str) -> None:
    """Put the finished group of that number aside; r6 changes."""
    if store.summed:
        how = "add" if number else "mov"
        high, words = store.places
        asm.emit(f"lsrs r6, {register}, #16", f"{how} {high}, r6", f"{how} {words}, {register}")
        return
    place = store.places[number]
    asm.emit(f"mov {place}, {register}" if isinstance(place, str) else f"str {register}, [sp, #{place}]")


def merge(asm: Assembly, store: Store, groups: Sequence[Group], register: str) -> None:
    """Leave the sum of the right pixel in r5, that of the left one in the register of the last group; r6 and r7 change.

    groups: those of `all_of`.
    """
    if len(groups) == 1:
        _alone(asm, groups[0], register)
        return
    turned = (_summed if store.summed else _words)(asm, store, groups, register)
    asm.emit("lsls r6, r5, #16", f"subs {register}, {register}, r6")
    if turned:
        asm.emit("rsbs r5, r5, #0", f"rsbs {register}, {register}, #0")


def _alone(asm: Assembly, group: Group, register: str) -> None:
    """Take the lanes of the only group apart."""
    if group.signed:
        asm.emit("movs r5, #0", f"asrs r6, {register}, #16", "adcs r5, r6", f"sxth {register}, {register}")
        return
    asm.emit(f"lsrs r5, {register}, #16", f"uxth {register}, {register}")
    if group.sign < 0:
        asm.emit("rsbs r5, r5, #0", f"rsbs {register}, {register}, #0")


def _summed(asm: Assembly, store: Store, groups: Sequence[Group], register: str) -> bool:
    """Take in both sums; returns whether r5 and the register hold the sums with their signs changed."""
    asm.emit(f"lsrs r5, {register}, #16")
    sums, first, last = list(zip(store.places, ("r5", register), strict=True)), groups[0].sign, groups[-1].sign
    if first == last:
        asm.emit(*[f"add {to}, {place}" for place, to in sums])
        return first < 0
    for place, to in sums:
        asm.emit(f"mov r6, {place}", f"subs {to}, {to}, r6" if first < 0 else f"subs {to}, r6, {to}")
    return False


def _words(asm: Assembly, store: Store, groups: Sequence[Group], register: str) -> bool:
    """Take in all words; returns whether r5 and the register hold the sums with their signs changed.

    An unsigned group that is added comes first: it begins a sum that the last group's signed lanes can be added to, and a sum
    that begins with a group to be subtracted gets its sign back from it.
    """
    last = groups[-1]
    places = [store.aside, *store.places] if store.aside else store.places
    waiting = sorted(zip(places, groups, strict=False), key=lambda each: (each[1].signed, each[1].sign < 0))
    upper = _Upper(asm)
    if not last.signed:
        upper.take(register, last)
    turned = last.sign < 0
    for number, (place, group) in enumerate(waiting):
        asm.emit(f"mov r6, {place}" if isinstance(place, str) else f"ldr r6, [sp, #{place}]")
        if number == 0 and last.signed and group.sign < 0:
            upper.take(register, last)
        upper.take("r6", group)
        if number == 0 and last.signed and group.sign > 0:
            upper.take(register, last)
        if turned and group.sign > 0:
            asm.emit(f"subs {register}, r6, {register}")
            turned = False
        else:
            asm.emit(f"{'subs' if (group.sign < 0) != turned else 'adds'} {register}, {register}, r6")
    return turned


class _Upper:
    """r5, the sum of the upper lanes; r7 changes. turned: whether it holds the sum with its sign changed."""

    def __init__(self, asm: Assembly):
        self.asm, self.begun, self.turned = asm, False, False

    def take(self, word: str, group: Group) -> None:
        """Add the upper lane of a group's word, or subtract it."""
        if group.signed:
            self._signed(word)
        elif not self.begun:
            self.asm.emit(f"lsrs r5, {word}, #16")
            self.turned = group.sign < 0
        elif self.turned and group.sign > 0:
            self.asm.emit(f"lsrs r7, {word}, #16", "subs r5, r7, r5")
            self.turned = False
        else:
            how = "subs" if (group.sign < 0) != self.turned else "adds"
            self.asm.emit(f"lsrs r7, {word}, #16", f"{how} r5, r5, r7")
        self.begun = True

    def _signed(self, word: str) -> None:
        if not self.begun:
            self.asm.emit("movs r5, #0")
        elif self.turned:
            self.asm.emit("rsbs r5, r5, #0")
        self.turned = False
        self.asm.emit(f"asrs r7, {word}, #16", "adcs r5, r7")
