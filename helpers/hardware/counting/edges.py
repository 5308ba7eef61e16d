"""The numbers that the hook in C adds up, and the edges between blocks that it knows: hook.c's structures."""

import ctypes
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from unicorn import UC_HOOK_BLOCK, UC_HOOK_MEM_READ, Uc, UcError
from unicorn.arm_const import UC_ARM_REG_SP

START = 1024  # edges and blocks for which there is room at first
NO_NUMBER = -1


class _Edge(ctypes.Structure):
    _fields_ = [
        ("times", ctypes.c_uint64),
        ("address", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("to", ctypes.c_int32),
        ("next", ctypes.c_int32),
        ("cycles", ctypes.c_uint32),
        ("instructions", ctypes.c_uint32),
        ("fetches", ctypes.c_uint32),
        ("stack", ctypes.c_int32),
        ("looks", ctypes.c_uint32),
    ]


class Counts(ctypes.Structure):
    """What the hook reads and writes; Python may change any of it between two blocks."""

    _fields_ = [
        ("count", ctypes.c_int64),
        ("next_check", ctypes.c_int64),
        ("instructions", ctypes.c_int64),
        ("fetches", ctypes.c_int64),
        ("stack_low", ctypes.c_int64),
        ("edges", ctypes.c_void_p),
        ("first", ctypes.c_void_p),
        ("last", ctypes.c_int32),
        ("muted", ctypes.c_int32),
        ("stack_register", ctypes.c_int32),
        ("read_register", ctypes.c_void_p),
        ("arrive", ctypes.c_void_p),
        ("deeper", ctypes.c_void_p),
        ("check", ctypes.c_void_p),
    ]


class Cost(NamedTuple):
    """What is added when an edge is taken, and how to look at the stack then.

    cycles, instructions: of the block that is left. fetches, stack: of the block that begins; stack is 0 or negative.
    """

    cycles: int
    instructions: int
    fetches: int
    stack: int
    looks: bool


class Taken(NamedTuple):
    """An edge at the end of a run: numbers of both blocks, how often it was taken, and its cycles each time."""

    before: int
    after: int
    times: int
    cycles: int


class EdgeCounter:
    """Counts one run on `uc` by a loaded library (see library.load); counts.last must be NO_NUMBER."""

    def __init__(self, library: ctypes.CDLL, uc: Uc, counts: Counts):
        self.library, self.uc, self.counts = library, uc, counts
        self.read_by_hooks: list = [counts]  # they need it as long as Unicorn lives
        self.edges, self.first = (_Edge * START)(), (ctypes.c_int32 * START)()
        self.before: list[int] = []  # by edge: the block that it leaves
        self.blocks = 0
        self._show_tables()

    def _show_tables(self) -> None:
        self.counts.edges, self.counts.first = ctypes.addressof(self.edges), ctypes.addressof(self.first)

    def hook(self, arrive: Callable, deeper: Callable, check: Callable) -> None:
        """Add the block hook to Unicorn.

        arrive(address, size): a block begins, by an edge that is not entered. deeper(before, after): the stack has never been
        as deep as in block `after`. check(before, after): `counts.count` has reached `counts.next_check`. deeper and check
        find `counts` as it is at the beginning of block `after`.
        """
        from unicorn.unicorn_py3.unicorn import uc_engine, uccallback, uclib

        by_address = ctypes.CFUNCTYPE(None, uc_engine, ctypes.c_uint64, ctypes.c_uint32)
        by_edge = ctypes.CFUNCTYPE(None, uc_engine, ctypes.c_int32)
        uc: Any = self.uc  # whose own wrapper keeps an exception, Ctrl-C's as well, until emu_start returns
        self.callbacks = (
            uccallback(uc, by_address)(lambda uc, address, size: arrive(address, size)),
            uccallback(uc, by_edge)(lambda uc, edge: deeper(self.before[edge], self.edges[edge].to)),
            uccallback(uc, by_edge)(lambda uc, edge: check(self.before[edge], self.edges[edge].to)),
        )
        pointers = [ctypes.cast(callback, ctypes.c_void_p).value for callback in self.callbacks]
        self.counts.arrive, self.counts.deeper, self.counts.check = pointers
        self.counts.read_register = ctypes.cast(uclib.uc_reg_read, ctypes.c_void_p).value
        self.counts.stack_register = UC_ARM_REG_SP
        self._add(UC_HOOK_BLOCK, self.library.on_block, self.counts, 1, 0)

    def hook_reads(self, counter: ctypes.c_uint64, first: int, last: int) -> None:
        """Let `counter` count the reads of memory from `first` to `last`, both included."""
        self.read_by_hooks.append(counter)
        self._add(UC_HOOK_MEM_READ, self.library.on_read, counter, first, last)

    def _add(self, kind: int, function: Any, data: Any, first: int, last: int) -> None:
        from unicorn.unicorn_py3.unicorn import uc_hook_h, uclib

        handle = uc_hook_h()
        function, data = ctypes.cast(function, ctypes.c_void_p), ctypes.cast(ctypes.pointer(data), ctypes.c_void_p)
        status = uclib.uc_hook_add(self.uc._uch, ctypes.byref(handle), kind, function, data, first, last)
        if status:
            raise UcError(status)

    def new_block(self) -> int:
        """A number for a block that may have edges."""
        if self.blocks == len(self.first):
            self.first = _doubled(self.first)
            self._show_tables()
        self.first[self.blocks] = NO_NUMBER
        self.blocks += 1
        return self.blocks - 1

    def enter(self, before: int, after: int, address: int, size: int, cost: Cost) -> None:
        """From now on the hook itself counts the step from block `before` to block `after` at `address`."""
        number = len(self.before)
        if number == len(self.edges):
            self.edges = _doubled(self.edges)
            self._show_tables()
        self.edges[number] = _Edge(0, address, size, after, self.first[before], *cost)
        self.before.append(before)
        self.first[before] = number

    def taken(self) -> Iterator[Taken]:
        """What the hook has counted, edge by edge."""
        for before, edge in zip(self.before, self.edges, strict=False):
            if edge.times:
                yield Taken(before, edge.to, edge.times, edge.cycles)


def _doubled(array: ctypes.Array) -> ctypes.Array:
    larger = (array._type_ * (2 * len(array)))()
    ctypes.memmove(larger, array, ctypes.sizeof(array))
    return larger
