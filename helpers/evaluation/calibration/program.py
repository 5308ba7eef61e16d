"""The program that a board is calibrated with (firmware_projects/common/calibrate.c), and what it costs by our model."""

import dataclasses
import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import Unsupported
from helpers.firmware import main_c, projects
from helpers.firmware.projects import Project
from helpers.hardware import boards, frames
from helpers.hardware.boards import Board
from helpers.hardware.emulator import timing
from helpers.hardware.emulator.devices.line import Recorder
from helpers.hardware.emulator.run import run_elf
from helpers.inference.bundle_header import BundleHeader

MAIN = artifacts.PROJECTS / "common" / "calibrate.c"
# The programs of calibrate.c in their order.
PROGRAMS = (
    "128 NOPs in RAM",
    "64 loads from RAM, in RAM",
    "64 products, in RAM",
    "256 NOPs in flash",
    "64 branches in flash",
    "64 loads from flash",
)
GREETING = 'PRINTF("hello world.\\r\\n");'
NO_NETWORK = BundleHeader("", 0, 0, 0, 1, {})
HELLO = frames.packed(b"H", 1)
BUILD_BYTES = 8


@dataclass(frozen=True)
class Calibration:
    """A project that is built, and the number by which its program is known, 8 bytes."""

    project: Project
    build: bytes


@dataclass(frozen=True)
class Costs:
    """Core cycles of each program by our model.

    plain: without waits, with a multiplier of one cycle; reads: of the flash, by
    fetch width in bits; slow: with a multiplier of 32 cycles."""

    plain: tuple[int, ...]
    reads: dict[int, tuple[int, ...]]
    slow: tuple[int, ...]

    def of(self, wait_states: int, fetch_bits: int, mul_cycles: int) -> tuple[int, ...]:
        """Return the cycles of each program for such a flash and multiplier (1 or 32 cycles)."""
        base = self.slow if mul_cycles > 1 else self.plain
        return tuple(cycles + wait_states * reads for cycles, reads in zip(base, self.reads[fetch_bits], strict=True))


def make(board: str, folder) -> Calibration:
    """Build the program for a board in `folder`; an older one is replaced.

    Raises BadParameter for an unknown board, Unsupported for a core whose cycles are an estimate, ToolFailed.
    """
    facts = boards.load(board)
    if facts.core not in timing.TIMINGS:
        what = f"{facts.title} cannot be calibrated: our cycles of the {facts.core} are an estimate"
        raise Unsupported(what, remedy="choose a board with a Cortex-M0 or M0+")
    hello, text = main_c.read(artifacts.PROJECTS / board / "source" / "hello_world.c"), main_c.read(MAIN)
    build = hashlib.sha256(f"{board}\0{hello}\0{text}".encode()).digest()[:BUILD_BYTES]
    numbers = ", ".join(f"0x{byte:02X}" for byte in build)
    sources = {"main.c": main_text(hello), "calibrate.h": f"#define CALIBRATE_BUILD {{{numbers}}}\n"}
    folder = Path(folder)
    with artifacts.replacing_folder(folder) as fresh:
        shutil.copytree(artifacts.PROJECTS / board, fresh, dirs_exist_ok=True)
        shutil.copytree(artifacts.PROJECTS / "common", fresh / "common")
        for name, content in sources.items():
            main_c.write(fresh / "source" / name, content)
    project = Project(folder, facts, "flash", NO_NETWORK)
    projects.build(project)
    return Calibration(project, build)


def main_text(hello_world: str) -> str:
    """Return a main.c that starts the board as its hello_world.c does, and then calls calibrate()."""
    assert hello_world.count(GREETING) == 1, "every board's hello_world.c prints this line"
    text = hello_world.replace(GREETING, "calibrate();")
    return text.replace("int main(void)", '#include "calibrate.c"\n\nint main(void)')


def costs(elf: Path, board: Board) -> Costs:
    """Run the program on the emulated board with and without waits, for both fetch widths and both multipliers."""

    def measured(wait_states: int, fetch_bits: int, mul_cycles: int) -> tuple[int, ...]:
        facts = {"wait_states": wait_states, "fetch_bits": fetch_bits, "mul_cycles": mul_cycles}
        line = Recorder(HELLO)
        run_elf(elf, dataclasses.replace(board, **facts), received=line).checked()
        arrived = [each for each in frames.Receiver().feed(bytes(line.sent)) if each.kind == b"M"]
        return tuple(int.from_bytes(each.payload[-4:], "little") for each in arrived)

    plain = measured(0, 32, 1)
    waiting = {bits: measured(1, bits, 1) for bits in (16, 32)}
    reads = {bits: tuple(b - a for a, b in zip(plain, each, strict=True)) for bits, each in waiting.items()}
    return Costs(plain, reads, measured(0, 32, 32))
