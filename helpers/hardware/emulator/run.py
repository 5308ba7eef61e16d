"""An ELF file in; console text, cycles, time, stack depth and a profile per function out."""

from dataclasses import dataclass
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadParameter, BoardFault
from helpers.hardware import boards
from helpers.hardware.boards import Board
from helpers.hardware.counting import core as counting
from helpers.hardware.emulator import elf, timing
from helpers.hardware.emulator.call_profile import FunctionProfile, Marker
from helpers.hardware.emulator.core import Core
from helpers.hardware.emulator.cortex_m7 import bounds
from helpers.hardware.emulator.devices.line import Given, Line
from helpers.hardware.emulator.limits import Limits

INSTRUCTION_LIMIT = 200_000_000


@dataclass(frozen=True)
class RunResult:
    """What a program did on a board.

    console: all it printed. exit: why it ended: "idle" (it loops or waits with nothing left to do), "breakpoint",
    "semihosting exit", "reset", "waits for input" (its UART gets no more), "time is up" or "fault"; then `fault` says what
    and where.
    cycles: zero wait states, exact on Cortex-M0 and M0+. cycles_with_waits: with `wait_states` for each read of the flash.
    cycles_range: the least and the most that it may be under `assumption`: on parts that can hide waits, from none to all of
    them; on the M7, from a run of the model with all the luck to one that mispredicts all it can and finds its caches empty.
    time_s is cycles_with_waits at the board's clock. idle_cycles: what it slept or spun
    on top of that, waiting for interrupts; exceptions: how many were taken. stack_bytes: deepest use; stack_free_bytes: what
    was left above the static data.
    """

    console: str
    exit: str
    fault: BoardFault | None
    cycles: int
    cycles_with_waits: int
    cycles_range: tuple[int, int]
    assumption: str
    wait_states: int
    instructions: int
    idle_cycles: int
    exceptions: int
    time_s: float
    time_range_s: tuple[float, float]
    stack_bytes: int
    stack_free_bytes: int
    sizes: elf.Sizes
    per_function: list[FunctionProfile]
    markers: list[Marker]

    def function(self, name: str) -> FunctionProfile:
        """The profile of one function; raises BadParameter if it never ran."""
        for row in self.per_function:
            if row.name == name:
                return row
        raise BadParameter(f"no function {name!r} ran")

    def checked(self) -> "RunResult":
        """This result; raises its fault if it has one."""
        if self.fault:
            raise self.fault
        return self


def run_elf(  # noqa: PLR0913 (options, by name only)
    path,
    board: Board | str,
    *,
    wait_states: int | None = None,
    markers: tuple[str, ...] = (),
    instruction_limit: int = INSTRUCTION_LIMIT,
    seconds: float | None = None,
    data: dict[str, bytes] | None = None,
    received: bytes | Line = b"",
) -> RunResult:
    """Run a program from reset to its end: until it loops or waits where nothing can wake it.

    Where SysTick keeps waking it, the end is when it has waited at one place for a second, or 2,000 times, without printing.
    wait_states: cycles on top of each read of the flash, the board's own if None. markers: symbols at which the cycles so far
    are noted each time they are reached. instruction_limit: more is a fault. seconds: emulated time after which the run ends,
    however much the program still has to do; the host's clock never matters. data: symbols of initialised data or constants
    whose bytes are replaced before the run, so that one program takes many inputs. received: what the console's UART gets, or
    a live other end, such as a PseudoTerminal, which then has the console too.
    A fault of the program is in the result, not raised; an ELF file that is not for this board raises (see elf.read).
    """
    board = boards.load(board) if isinstance(board, str) else board
    wait_states = board.wait_states if wait_states is None else wait_states
    program = elf.read(Path(path), board)
    for name, content in (data or {}).items():
        program = program.with_data(name, content)
    for name in markers:
        if name not in program.symbols:
            raise BadParameter(f"has no symbol {name!r} to mark", where=artifacts.shown(program.path))
    given = Given(received) if isinstance(received, bytes) else received
    core = counting.core(board, program, wait_states, markers, given)
    core.run(Limits(instruction_limit, seconds))
    return _result(core)


def _result(core: Core) -> RunResult:
    cycles, clock = core.cycles, core.board.clock_hz
    low, high, assumption = _range(core)
    low, high = low + (0 if core.board.hidden_by else core.waits), high + core.waits
    assert core.reason is not None, "a core stops for a reason"
    return RunResult(
        console=core.console.decode("utf-8", "replace"),
        exit=core.reason,
        fault=_fault(core),
        cycles=cycles,
        cycles_with_waits=cycles + core.waits,
        cycles_range=(low, high),
        assumption="; ".join(filter(None, (assumption, *_waiting(core)))),
        wait_states=core.wait_states,
        instructions=core.instructions,
        idle_cycles=core.idle,
        exceptions=core.exceptions.handled,
        time_s=(cycles + core.waits) / clock,
        time_range_s=(low / clock, high / clock),
        stack_bytes=core.stack_top - core.stack_low,
        stack_free_bytes=core.stack_low - core.stack_limit,
        sizes=core.program.sizes,
        per_function=core.calls.rows(list(core.blocks.values()), core.count, core.waits, core.scale),
        markers=core.markers,
    )


def _range(core: Core) -> tuple[int, int, str]:
    """The least and the most cycles of a run without flash waits, and the assumption behind its count ("" where exact)."""
    if core.board.core in timing.TIMINGS:
        return core.cycles, core.cycles, ""
    low, high = bounds.half_cycles(core.blocks.values(), core.analyst.disassembler, core.bus.peek)
    cold = bounds.cold(core.program.sizes.flash, core.board.line_ns, core.board.clock_hz)
    return int(low * core.scale), int(high * core.scale) + cold, bounds.ASSUMPTION


def _waiting(core: Core) -> list[str]:
    """What is assumed about flash waits, and what may hide them."""
    hidden = f"{core.board.hidden_by} may hide any of the waits" if core.board.hidden_by else ""
    return [core.board.assumption, hidden] if core.wait_states else []


def _fault(core: Core) -> BoardFault | None:
    if core.fault is None:
        return None
    place = core.program.place(core.fault_pc)
    return BoardFault(core.fault, where=f"{artifacts.shown(core.program.path)}, {place}")
