"""What the page runs: the shipped network's machine code and constants with their addresses, and its times on the boards."""

import base64
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.data import images, strokes
from helpers.evaluation import first_digit, layer_names
from helpers.hardware import boards, flat_link
from helpers.inference.bundle_header import BundleHeader
from helpers.inference.emulated_bundle import EmulatedBundle, Measurement

CORE, FORM = "cortex-m0plus", "fast"
SRAM = 0x2000_0000  # of the RP2040, 264 KB
STACK_TOP, STOP = SRAM + 0x4_0000, SRAM + 0x4_0100  # STOP: the address that the network returns to; nothing lies there
ALIGNMENT = 64


@dataclass(frozen=True)
class Time:
    """One inference on a board: cycles with the waits of its flash, and milliseconds at its clock."""

    title: str
    clock_hz: int
    form: str
    wait_states: int
    cycles: int

    @property
    def milliseconds(self) -> float:
        """Time of one inference."""
        return 1000 * self.cycles / self.clock_hz


@dataclass(frozen=True)
class Contents:
    """program: for machine.js, all that JSON can hold. times: of each Cortex-M0+ board. cycles: of one inference, no waits.

    size: bytes of code and constants.
    """

    program: dict
    times: list[Time]
    cycles: int
    size: int


def contents() -> Contents:
    """Compile the shipped network and measure it; raises what the compiler and the emulated core raise."""
    pixels = images.read_png(first_digit.IMAGE, (28, 28))
    values = images.preprocess(pixels, "neg128to127", "NHWC", dtype=np.int8)
    with tempfile.TemporaryDirectory() as scratch:
        facts = [boards.load(name) for name in boards.all_boards()]
        facts = [board for board in facts if board.core == CORE]
        forms = sorted({FORM} | {board.form or FORM for board in facts})
        folders = {form: first_digit.compiled(pixels, Path(scratch, form), form) for form in forms}
        times = [_time(board, folders[board.form or FORM], values) for board in facts]
        bundle = EmulatedBundle(folders[FORM])
        return Contents(_program(bundle, pixels), times, bundle.measure(values).cycles, bundle.flash_bytes)


def _time(board: boards.Board, folder: Path, values: np.ndarray) -> Time:
    bundle = EmulatedBundle(folder, board.mul_cycles, board.core, board.fetch_bits)
    found: Measurement = bundle.measure(values)
    cycles = found.with_waits(board.wait_states, input_in_flash=True)  # as main.c has its image
    return Time(board.title, board.clock_hz, bundle.header.form, board.wait_states, cycles)


def _program(bundle: EmulatedBundle, image: np.ndarray) -> dict:
    """The network in the SRAM of an RP2040: code first, then constants, placeholders and activations, each aligned."""
    header = bundle.header
    code, functions = flat_link.linked(header.beside(".o"), header.name, CORE, SRAM)
    constants = _aligned(SRAM + len(code))
    mutable = _aligned(constants + len(bundle.constants))
    names = sorted(functions, key=functions.get)
    return {
        "code": {"address": SRAM, "bytes": base64.b64encode(code).decode()},
        "constants": {"address": constants, "bytes": base64.b64encode(bundle.constants).decode()},
        "mutable": mutable,
        "activations": _aligned(mutable + header.mutable),
        "entry": functions[header.name],
        "stack": STACK_TOP,
        "stop": STOP,
        "input": mutable + header.input.address,
        "output": mutable + header.output.address,
        "outputs": header.output.bytes,
        "functions": [{"address": functions[name], "label": _label(name, header)} for name in names],
        "examples": strokes.examples(),
        "image": base64.b64encode(image.tobytes()).decode(),
    }


def _aligned(address: int) -> int:
    return -(-address // ALIGNMENT) * ALIGNMENT


def _label(function: str, header: BundleHeader) -> str:
    """A function's name for readers: its layer; the network's own function calls those of the layers."""
    return "calls" if function == header.name else layer_names.short(function)
