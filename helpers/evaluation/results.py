"""The road's results: Table 2 from the linked programs and their runs, and the accuracy over the test images."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from helpers.common import artifacts
from helpers.common.errors import BadInput, MissingInput
from helpers.compiler.ir.graph import TensorType
from helpers.compiler.numerics import affine
from helpers.data import mnist
from helpers.firmware import projects
from helpers.hardware import boards, object_file
from helpers.hardware.boards import WEIGHTS, Board
from helpers.hardware.emulator.run import RunResult, run_elf
from helpers.inference import bundle_header
from helpers.inference.bundle_header import Placeholder
from helpers.inference.host_bundle import HostBundle

# The columns of Table 2, in two tables: each fits a laptop's window, and is read on its own.
BYTES = {
    "board": "board", "weights": "weights", "form": "form",
    "flash_bytes": "flash (B)", "network_flash_bytes": "network", "note_flash_bytes": "note",
    "ram_bytes": "RAM (B)", "network_ram_bytes": "network", "note_ram_bytes": "note", "stack_bytes": "stack (B)",
}  # fmt: skip
TIME = {
    "board": "board", "weights": "weights", "cycles_zero_wait": "cycles, no waits", "cycles_with_waits": "with waits",
    "note_cycles": "note", "time_ms": "time (ms)", "note_time_ms": "note", "time_ratio": "ratio",
}  # fmt: skip


@dataclass(frozen=True)
class Console:
    """Values that main.c printed: the confidence of each class (int8), the winner, and the measured time in microseconds."""

    confidences: tuple[int, ...]
    top1: int
    time_us: int


@dataclass(frozen=True)
class Row:
    """One row of Table 2: bytes, Hz, cycles, milliseconds; note_* are the note's figures, None if it has none.

    flash_bytes: code, constants and initial data. ram_bytes: data, zeroed data and the stack that the linker script
    reserves. stack_bytes: the deepest measured use. cycles_zero_wait: one call of the network, on the M7 an estimate.
    time_ms: the same call with the board's flash waits (cycles_with_waits), at its clock. time_ratio: time_ms divided by
    the note's.
    network_*: the network's share: code and constant weights; input, output, activations, and weights in RAM.
    does_not_fit: the build's message if the board is too small; then all measured values are None.
    form: the -mcpu-form of the measured bundle, "" if the bundle does not say.
    """

    board: str
    core: str
    clock_hz: int
    weights: str
    flash_bytes: int | None
    ram_bytes: int | None
    stack_bytes: int | None
    cycles_zero_wait: int | None
    time_ms: float | None
    top1: int | None
    agrees_with_keras: bool | None
    note_flash_bytes: int | None
    note_ram_bytes: int | None
    note_time_ms: float | None
    cycles_with_waits: int | None = None
    network_flash_bytes: int | None = None
    network_ram_bytes: int | None = None
    time_ratio: float | None = None
    does_not_fit: str | None = None
    form: str = ""

    @property
    def note_cycles(self) -> int | None:
        """The note's time in cycles, at the clock that the note states."""
        return round(self.note_time_ms * self.clock_hz / 1000) if self.note_time_ms else None


def read_console(text: str) -> Console:
    """Parse main.c's output; raises BadInput if the program printed something else."""
    confidences = [int(word) for word in re.findall(r"^Confidence = (-?\d+)\s*$", text, re.M)]
    top1 = re.search(r"^Top1 class = (\d+)\s*$", text, re.M)
    time_us = re.search(r"^Inference time = (\d+) \(us\)\s*$", text, re.M)
    if not confidences or not top1 or not time_us:
        raise BadInput(
            f"the console shows {text[:60]!r}, not the ten classes", remedy="patch main.c by all of the note's steps"
        )
    return Console(tuple(confidences), int(top1[1]), int(time_us[1]))


def table2(expected_class: int, names: list[str] | None = None, entry: str = "mnist_nxp") -> list[Row]:
    """Run every program built so far and tabulate: boards by name, weights in flash first; writes build/table2.json.

    A project that does not fit its board has a row that says so. expected_class: Keras's answer for the image. names:
    boards to tabulate, those of the note if None. entry: the bundle's entry point.
    Raises MissingInput if no program of a named board has been built.
    """
    rows = [
        row(boards.load(name), weights, expected_class, entry)
        for name in names or boards.note_boards()
        for weights in WEIGHTS
        if program(name, weights).is_file() or projects.refusal(name, weights) or (names and weights == "flash")
    ]
    if not rows:
        raise MissingInput(
            "no program has been built", where=artifacts.shown(artifacts.build("firmware")), remedy=_REMEDY
        )
    artifacts.write_json(artifacts.build("table2.json"), [asdict(each) for each in rows])
    return rows


_REMEDY = "run notebooks/08_cortex_m7_firmware.ipynb and notebooks/09_cortex_m0_firmware.ipynb first"


def program(board: str, weights: str) -> Path:
    """Return the path of a board's linked program."""
    return artifacts.build("firmware", f"{board}-{weights}", "Release", f"{board}.elf")


def a_built_board(preferred: list[str]) -> str:
    """Return the first of these boards with a linked program, weights in flash; else the first Cortex-M0+ with one.

    Raises MissingInput if none has.
    """
    others = [name for name in boards.all_boards() if boards.load(name).core != "cortex-m7"]
    for name in [*preferred, *others]:
        if program(name, "flash").is_file():
            return name
    raise MissingInput("no program has been built", where=artifacts.shown(artifacts.build("firmware")), remedy=_REMEDY)


def row(board: Board, weights: str, expected_class: int, entry: str) -> Row:
    """Run one program and tabulate it; raises MissingInput, or BoardFault if it does not end."""
    note, refusal = board.table2[weights], projects.refusal(board.name, weights)
    known = {
        "board": board.name, "core": board.core, "clock_hz": board.clock_hz, "weights": weights,
        "note_flash_bytes": note.flash_bytes, "note_ram_bytes": note.ram_bytes, "note_time_ms": note.time_ms,
    }  # fmt: skip
    if refusal:
        return Row(**known, **dict.fromkeys(_MEASURED), does_not_fit=refusal)
    return Row(**known, **_measured(board, weights, expected_class, entry))


_MEASURED = ("flash_bytes", "ram_bytes", "stack_bytes", "cycles_zero_wait", "time_ms", "top1", "agrees_with_keras")


def _measured(board: Board, weights: str, expected_class: int, entry: str) -> dict:
    """Return the measured values of a program and its run, for its row."""
    path = program(board.name, weights)
    if not path.is_file():
        raise MissingInput("does not exist yet", where=artifacts.shown(path), remedy=_REMEDY)
    result, use = run_elf(path, board).checked(), _network_bytes(board.name, weights)
    network, console = result.function(entry), read_console(result.console)
    time_ms, note_ms = 1000 * network.inclusive_cycles_with_waits / board.clock_hz, board.table2[weights].time_ms
    return {
        "form": projects.opened(board.name, weights).header.form,
        "flash_bytes": result.sizes.flash, "network_flash_bytes": use["flash"],
        "ram_bytes": result.sizes.ram + result.sizes.reserved, "network_ram_bytes": use["RAM"],
        "stack_bytes": result.stack_bytes,
        "cycles_zero_wait": network.inclusive_cycles, "cycles_with_waits": network.inclusive_cycles_with_waits,
        "time_ms": round(time_ms, 4), "time_ratio": round(time_ms / note_ms, 4) if note_ms else None,
        "top1": console.top1, "agrees_with_keras": console.top1 == expected_class,
    }  # fmt: skip


_NETWORK = ("network's code", "constant weights", "input and output", "activations")


def _network_bytes(board: str, weights: str) -> dict[str, int]:
    """Return the network's share of a program's flash and RAM."""
    use = projects.memory_use(projects.opened(board, weights))
    return {memory: sum(parts[name] for name in _NETWORK if name in parts) for memory, parts in use.items()}


def layers(result: RunResult, bundle: Path) -> list[tuple[str, int]]:
    """Count the cycles (no waits) of each function of a bundle, without its callees; highest first.

    bundle: the folder that the program was linked with; with the built-in tools each layer is a function.
    """
    header = bundle_header.in_folder(bundle)
    inside = object_file.functions(Path(bundle) / f"{header.name}.o")
    return [
        (each.name, each.cycles)
        for each in sorted(result.per_function, key=lambda row: -row.cycles)
        if each.name in inside
    ]


def as_text(rows: list[Row]) -> str:
    """Format Table 2 as plain text: the bytes, then the cycles and the time, one line per row in each.

    If a program does not fit, its row says so in place of figures.
    """
    return "\n\n".join(_block(rows, columns) for columns in (BYTES, TIME))


def _block(rows: list[Row], columns: dict[str, str]) -> str:
    table = [list(columns.values())] + [[shown(getattr(each, key)) for key in columns] for each in rows]
    widths = [max(len(line[column]) for line in table) for column in range(len(columns))]
    lines = [[text.rjust(width) for text, width in zip(line, widths, strict=True)] for line in table]
    for line, each in zip(lines[1:], rows, strict=True):
        if each.does_not_fit:
            line[2:] = [each.does_not_fit]
    return "\n".join("  ".join(line) for line in lines)


def shown(value) -> str:
    """Format a figure of Table 2: separated thousands, two decimals, a dash for None."""
    if value in (None, ""):
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def accuracy(model: Path, bundle: HostBundle, data: mnist.Mnist) -> dict:
    """Measure the accuracy of the float and the compiled integer network on the test images; writes build/accuracy.json.

    model: the ONNX file; bundle: compiled for this machine with integer or float input. Returns float, int8 (0 to 1), images,
    disagreements (images whose class differs) and source.
    """
    pixels = data.x_test[..., np.newaxis]
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    scaled = pixels.astype(np.float32) * np.float32(1 / 255)
    floats = session.run(None, {session.get_inputs()[0].name: scaled})[0].argmax(1)
    integers = bundle.run(_as_placeholder(scaled, bundle.header.input)).argmax(1)
    found = {
        "float": float((floats == data.y_test).mean()), "int8": float((integers == data.y_test).mean()),
        "images": len(pixels), "disagreements": int((floats != integers).sum()), "source": data.source,
    }  # fmt: skip
    artifacts.write_json(artifacts.build("accuracy.json"), found)
    return found


def _as_placeholder(array: np.ndarray, placeholder: Placeholder) -> np.ndarray:
    """Convert float32 inputs to the element type of the bundle's placeholder."""
    if placeholder.element == "float":
        return array
    element = {"i8": "int8", "i16": "int16"}[placeholder.element]
    return affine.quantise(array, TensorType(placeholder.shape, element, placeholder.scale, placeholder.offset))


def keras_answer() -> int:
    """Return the class that Keras gave for the test image (notebook 05); raises MissingInput if it has not run."""
    path = artifacts.need("model_answer.json")
    try:
        return int(json.loads(path.read_text())["top1"])
    except (ValueError, KeyError, TypeError) as error:
        remedy = "run notebooks/05_test_image.ipynb again"
        raise BadInput(f"holds no answer ({error})", where=artifacts.shown(path), remedy=remedy) from None
