"""A board's memory and bus on Unicorn: flash and RAM exactly as large as the part's, registers, and nothing else."""

from typing import Protocol

import unicorn
from unicorn import UC_HOOK_MEM_READ, UC_HOOK_MEM_WRITE, Uc
from unicorn.arm_const import UC_CPU_ARM_CORTEX_M0, UC_CPU_ARM_CORTEX_M7

from helpers.hardware.boards import Board, Peripheral, Region
from helpers.hardware.emulator.devices.nvic import Nvic
from helpers.hardware.emulator.devices.peripherals import Registers
from helpers.hardware.emulator.devices.system import CycleCounter, SystemControl
from helpers.hardware.emulator.devices.systick import SysTick
from helpers.hardware.emulator.devices.uart import Uart
from helpers.hardware.emulator.devices.watchdog import KINDS as WATCHDOGS
from helpers.hardware.emulator.devices.watchdog import Watchdog
from helpers.hardware.emulator.elf import Program

PAGE = 0x1000
# With UC_MODE_MCLASS Unicorn always is a Cortex-M33, whatever the model; without it the model counts.
MODELS = {
    "cortex-m0": UC_CPU_ARM_CORTEX_M0,
    "cortex-m0plus": UC_CPU_ARM_CORTEX_M0,
    "cortex-m7": UC_CPU_ARM_CORTEX_M7,
}
READS = (unicorn.UC_MEM_READ, unicorn.UC_MEM_READ_UNMAPPED, unicorn.UC_MEM_READ_PROT)
FETCHES = (unicorn.UC_MEM_FETCH_UNMAPPED, unicorn.UC_MEM_FETCH_PROT)
RETURN = b"\x70\x47"  # BX LR: all that a routine of the boot ROM does here
UNKNOWN_RAM = b"\xa5"  # RAM holds anything after power-up, zeroes least likely


def describe_access(kind: int, address: int, size: int) -> str:
    """An access that the bus refuses, in words; kind is one of Unicorn's UC_MEM_."""
    if kind in FETCHES:
        return f"jump to {address:#010x}, where the board has no memory"
    if kind == unicorn.UC_MEM_WRITE_PROT:
        return f"write of {size} bytes to {address:#010x}, which is flash"
    return f"{'read' if kind in READS else 'write'} of {size} bytes at {address:#010x}, where the board has nothing"


class Device(Protocol):
    """What the bus needs of a block of registers: where it is, the clock that it needs, and accesses by offset."""

    base: int
    end: int
    gate: tuple[int, int] | None

    def read(self, offset: int, size: int) -> int: ...

    def write(self, offset: int, size: int, value: int) -> None: ...


class Bus:
    """The memory map of one board with one program in its flash.

    core: whom it serves; asked for now() (cycles), told by send(byte), starved(), stop(reason), stop_with_fault(what) and
    exceptions_changed().
    """

    def __init__(self, board: Board, program: Program, core):
        self.board, self.core = board, core
        self.memory = (board.flash, *board.ram, *board.external, *board.rom)
        # A metaclass of unicorn hands all three arguments on; its annotations know only two.
        self.uc = Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB, MODELS[board.core])  # type: ignore[call-arg]
        systick = SysTick(core.now, core.stop_with_fault)
        nvic = Nvic(board.core, board.code_start)
        self.control = SystemControl(board.core, systick, nvic, lambda: core.stop("reset"), core.exceptions_changed)
        self.devices: list[Device] = [self._device(peripheral) for peripheral in board.peripherals]
        self.uart = Uart(board.uart, board.clock_hz, core.line, core)
        self.devices += [self.uart, self.control]
        if board.core == "cortex-m7":
            self.devices.append(CycleCounter(core.now))
        self._map_memory()
        self._map_registers()
        for segment in program.segments:
            self.uc.mem_write(segment.physical, segment.data)

    def peek(self, address: int, size: int) -> bytes:
        """Up to `size` bytes of memory from an address, fewer at its end; nothing happens to the program."""
        while size and not self.holds(address, size):
            size -= 2
        return bytes(self.uc.mem_read(address, size)) if size else b""

    def holds(self, address: int, size: int) -> bool:
        """Whether `size` bytes from `address` are memory of the board."""
        return any(region.holds(address, size) for region in self.memory)

    def holds_ram(self, address: int, size: int) -> bool:
        """Whether `size` bytes from `address` are RAM of the board."""
        return any(region.holds(address, size) for region in (*self.board.ram, *self.board.external))

    def ram_region(self, address: int) -> Region | None:
        """The RAM region that holds the address."""
        return next((region for region in (*self.board.ram, *self.board.external) if region.holds(address)), None)

    def check_watchdogs(self) -> None:
        """Fault if a watchdog would have reset the part by now."""
        for device in self.devices:
            if isinstance(device, Watchdog):
                device.check()

    def _device(self, peripheral: Peripheral) -> Registers:
        if peripheral.kind in WATCHDOGS:
            return WATCHDOGS[peripheral.kind](peripheral, self._seconds, self.core.stop_with_fault)
        return Registers(peripheral)

    def _seconds(self) -> float:
        return self.core.now() / self.board.clock_hz

    def _map_memory(self) -> None:
        flash_pages = set(_pages(self.board.flash))
        ram_pages = {page for region in self.board.ram for page in _pages(region)} - flash_pages
        for low, high in _runs(flash_pages):
            self.uc.mem_map(low, high - low, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        for low, high in _runs(ram_pages):
            self.uc.mem_map(low, high - low, unicorn.UC_PROT_ALL)
            self.uc.mem_write(low, UNKNOWN_RAM * (high - low))
        others = {page for region in (*self.board.external, *self.board.rom) for page in _pages(region)}
        for low, high in _runs(others - flash_pages - ram_pages):
            self.uc.mem_map(low, high - low, unicorn.UC_PROT_ALL)  # not filled: it is large, and nothing lies there yet
        for routine in self.board.rom:
            self.uc.mem_write(routine.origin, RETURN)
        for low, high in _gaps(_runs(flash_pages) + _runs(ram_pages) + _runs(others), self.memory):
            self.uc.hook_add(UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, self._on_gap, None, low, high - 1)

    def _on_gap(self, uc, kind, address, size, value, _) -> None:
        self.core.stop_with_fault(describe_access(kind, address, size))

    def _map_registers(self) -> None:
        for low, high in _runs({page for device in self.devices for page in _pages(device)}):
            self.uc.mmio_map(low, high - low, self._read, low, self._write, low)
        # A hook over a register makes Unicorn keep the program counter exact there; timers and interrupts need that.
        for low, end in ((0xE000_0000, 0xE001_0000), (self.uart.base, self.uart.end)):
            self.uc.hook_add(UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, _ignore, None, low, end - 1)

    def _read(self, uc, offset: int, size: int, base: int) -> int:
        device = self._at(base + offset, size, unicorn.UC_MEM_READ)
        return device.read(base + offset - device.base, size) if device else 0

    def _write(self, uc, offset: int, size: int, value: int, base: int) -> None:
        device = self._at(base + offset, size, unicorn.UC_MEM_WRITE)
        if device:
            device.write(base + offset - device.base, size, value)

    def _at(self, address: int, size: int, kind: int):
        """The device at an address, if there is one and its clock is on; else a fault."""
        device = self._find(address)
        if device is None:
            self.core.stop_with_fault(describe_access(kind, address, size))
        elif device.gate and not self._is_clocked(*device.gate):
            self.core.stop_with_fault(f"{address:#010x} is used before its clock is on ({device.gate[0]:#010x})")
            return None
        return device

    def _find(self, address: int):
        return next((device for device in self.devices if device.base <= address < device.end), None)

    def _is_clocked(self, register: int, mask: int) -> bool:
        owner = self._find(register)
        return owner is not None and owner.read(register - owner.base, 4) & mask == mask


def _ignore(*_) -> None:
    pass


def _pages(span) -> range:
    """The addresses of the pages that a region or device touches."""
    low = span.origin if isinstance(span, Region) else span.base
    return range(low & -PAGE, span.end, PAGE)


def _runs(pages: set[int]) -> list[tuple[int, int]]:
    """Neighbouring pages joined, as (low, high)."""
    runs: list[tuple[int, int]] = []
    for page in sorted(pages):
        if runs and runs[-1][1] == page:
            runs[-1] = (runs[-1][0], page + PAGE)
        else:
            runs.append((page, page + PAGE))
    return runs


def _gaps(runs: list[tuple[int, int]], regions) -> list[tuple[int, int]]:
    """What the mapped runs have beyond the regions, as (low, high)."""
    gaps = []
    for start, stop in runs:
        for region in sorted(regions, key=lambda region: region.origin):
            if region.end > start and region.origin < stop:
                gaps.append((start, region.origin))
                start = region.end
        gaps.append((start, stop))
    return [(low, high) for low, high in gaps if low < high]
