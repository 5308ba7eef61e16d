"""A board's memory and bus on Unicorn: flash and RAM exactly as large as the part's, registers, and nothing else."""

from collections.abc import Callable

from unicorn import UC_ARCH_ARM, UC_HOOK_MEM_READ, UC_HOOK_MEM_WRITE, UC_MODE_THUMB, UC_PROT_ALL, UC_PROT_EXEC
from unicorn import UC_MEM_FETCH_PROT, UC_MEM_FETCH_UNMAPPED, UC_MEM_READ, UC_MEM_READ_PROT, UC_MEM_READ_UNMAPPED
from unicorn import UC_MEM_WRITE_PROT, UC_PROT_READ, Uc
from unicorn.arm_const import UC_CPU_ARM_CORTEX_M0, UC_CPU_ARM_CORTEX_M7

from helpers.boards import Board, Region
from helpers.emulator.elf import Program
from helpers.emulator.peripherals import Registers
from helpers.emulator.system import CycleCounter, SystemControl

PAGE = 0x1000
# With UC_MODE_MCLASS Unicorn always is a Cortex-M33, whatever the model; without it the model counts.
MODELS = {
    "cortex-m0": UC_CPU_ARM_CORTEX_M0,
    "cortex-m0plus": UC_CPU_ARM_CORTEX_M0,
    "cortex-m7": UC_CPU_ARM_CORTEX_M7,
}
READS = (UC_MEM_READ, UC_MEM_READ_UNMAPPED, UC_MEM_READ_PROT)
FETCHES = (UC_MEM_FETCH_UNMAPPED, UC_MEM_FETCH_PROT)


def describe_access(kind: int, address: int, size: int) -> str:
    """An access that the bus refuses, in words."""
    if kind in FETCHES:
        return f"jump to {address:#010x}, where the board has no memory"
    if kind == UC_MEM_WRITE_PROT:
        return f"write of {size} bytes to {address:#010x}, which is flash"
    return f"{'read' if kind in READS else 'write'} of {size} bytes at {address:#010x}, where the board has nothing"


class Bus:
    """The memory map of one board with one program in its flash; `fault(what)` is called on a forbidden access."""

    def __init__(self, board: Board, program: Program, send: Callable[[int], None], fault: Callable[[str], None]):
        self.board, self.fault = board, fault
        self.uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB, MODELS[board.core])
        self.devices: list = [Registers(peripheral) for peripheral in board.peripherals]
        self.devices.append(Registers(board.uart, send))
        self._map_memory()
        for segment in program.segments:
            self.uc.mem_write(segment.physical, segment.data)

    def holds(self, address: int, size: int) -> bool:
        """Whether `size` bytes from `address` are memory of the board."""
        return any(region.holds(address, size) for region in (self.board.flash, *self.board.ram))

    def region(self, address: int) -> Region | None:
        """The RAM region that holds the address."""
        return next((region for region in self.board.ram if region.holds(address)), None)

    def add_core_registers(self, now: Callable[[], int], reset: Callable[[], None]) -> SystemControl:
        """Add SysTick, the system control block and, on the M7, the cycle counter; then map all registers."""
        control = SystemControl(self.board.core, now, reset, self.fault)
        self.devices.append(control)
        if self.board.core == "cortex-m7":
            self.devices.append(CycleCounter(now))
        self._map_registers()
        return control

    def _map_memory(self) -> None:
        """Map whole pages; what a page has beyond the board's RAM is guarded."""
        flash, pages = self.board.flash, set()
        self.uc.mem_map(flash.origin & -PAGE, _pages(flash)[-1] + PAGE - (flash.origin & -PAGE), UC_PROT_READ | UC_PROT_EXEC)
        for region in self.board.ram:
            pages.update(_pages(region))
        for page in sorted(pages):
            self.uc.mem_map(page, PAGE, UC_PROT_ALL)
        for low, high in self._slack(sorted(pages | set(_pages(flash)))):
            self.uc.hook_add(UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, self._on_slack, None, low, high - 1)

    def _slack(self, pages: list[int]) -> list[tuple[int, int]]:
        """The parts of the mapped pages that are in no region."""
        edges, slack = sorted((region.origin, region.end) for region in (self.board.flash, *self.board.ram)), []
        for page in pages:
            start = page
            for low, high in edges:
                if low < page + PAGE and high > page:
                    if start < low:
                        slack.append((start, low))
                    start = max(start, high)
            if start < page + PAGE:
                slack.append((start, page + PAGE))
        return slack

    def _on_slack(self, uc, kind, address, size, value, _) -> None:
        self.fault(describe_access(kind, address, size))

    def _map_registers(self) -> None:
        pages = {page for device in self.devices for page in range(device.base & -PAGE, device.end, PAGE)}
        for page in sorted(pages):
            self.uc.mmio_map(page, PAGE, self._read, page, self._write, page)
        # A hook over a register makes Unicorn keep the program counter exact there; the timers need that.
        self.uc.hook_add(UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, lambda *_: None, None, 0xE000_0000, 0xE000_FFFF)

    def _read(self, uc, offset: int, size: int, page: int) -> int:
        device = self._device(page + offset)
        if device is None:
            self.fault(describe_access(UC_MEM_READ, page + offset, size))
            return 0
        return device.read(page + offset - device.base, size)

    def _write(self, uc, offset: int, size: int, value: int, page: int) -> None:
        device = self._device(page + offset)
        if device is None:
            self.fault(describe_access(UC_MEM_WRITE_PROT + 1, page + offset, size))
        else:
            device.write(page + offset - device.base, size, value)

    def _device(self, address: int):
        return next((device for device in self.devices if device.base <= address < device.end), None)


def _pages(region: Region) -> range:
    return range(region.origin & -PAGE, region.end, PAGE)
