"""Any bundle as a board's program: its project, with a test input, and what it prints.

The main.c knows no network (firmware_projects/common/own_network.c): it takes the bundle's names from own_network.h and the
inputs from test_input.inc, both written here, and prints every output and the microseconds.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common import artifacts, named_arrays
from helpers.common.errors import BadInput
from helpers.common.named_arrays import Arrays
from helpers.compiler.ir.graph import TensorType
from helpers.compiler.numerics import affine
from helpers.data import images
from helpers.firmware import main_c, projects
from helpers.firmware.projects import Project
from helpers.hardware import boards
from helpers.hardware.boards import Board
from helpers.inference import bundle_arrays, bundle_header
from helpers.inference.bundle_header import BundleHeader, Placeholder
from helpers.own_network import fit, linker_facts

MAIN = artifacts.PROJECTS / "common" / "own_network.c"
LARGE_RAM = '__attribute__((section(".bss.large_ram")))'  # the linker scripts of boards with two regions place it
C_TYPES = {"i8": "int8_t", "i16": "int16_t", "i32": "int32_t", "float": "float"}
ROOM = 1024  # bytes beyond the estimate of a program's RAM: for alignment, and the frames of on_board.c
PLACES = ("CONSTANT_MEM_SIZE", "MUTABLE_MEM_SIZE", "ACTIVATIONS_MEM_SIZE", "MEM_ALIGN")
_OUTPUT = re.compile(r"^(\w+) \d+ = (?:(-?\d+)|0x([0-9a-f]{8})\b.*?)\s*$", re.MULTILINE)
_TIME = re.compile(r"^Inference time = (\d+) \(us\)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Answer:
    """A board's answer: outputs [n] in the network's element types, by name if there are several, and microseconds."""

    outputs: Arrays
    microseconds: int


def make(
    board: str, bundle, sample: Arrays, folder, weights: str = "flash", hot_loops: str = "flash", **options
) -> Project:
    """Prepare and build a project in one call; returns it ready to run. options: as for `firmware.build`; raises its errors."""
    project = prepare(board, bundle, sample, folder, weights, hot_loops)
    projects.build(project, **options)
    return project


def prepare(board: str, bundle, sample: Arrays, folder, weights: str = "flash", hot_loops: str = "flash") -> Project:
    """Copy a board's project to `folder`, with a bundle and one test input of real numbers in it; an older copy is replaced.

    sample: the input, or an array for each by name. weights, hot_loops: "flash" or "ram", the place of the constant weights and
    of the bundle's hot loops (see firmware.prepare). Raises BadParameter (also for inputs that the network does not have),
    MissingInput, BadInput (another core's bundle; a sample that is not the network's).
    """
    facts, header = boards.load(board), bundle_header.in_folder(bundle)
    file = header.file
    samples = named_arrays.by_name(sample, header.inputs, artifacts.shown(file))
    data = b"".join(stored(header.inputs[name], each).tobytes() for name, each in samples.items())
    sources = {
        "main.c": main_c.read(MAIN),
        "own_network.h": header_text(header, facts, weights),
        "test_input.inc": images.to_inc(np.frombuffer(data, np.uint8), columns=16),
    }
    project = projects.assemble(Path(folder), facts, weights, file, sources, hot_loops)
    if project.target.hello_world:
        projects.patch(project, main_c.M0_STEPS)
    return project


def stored(placeholder: Placeholder, sample: np.ndarray) -> np.ndarray:
    """Convert real numbers to an input placeholder's shape and element type. Raises BadInput."""
    numbers = np.asarray(sample, np.float32)
    if numbers.size != np.prod(placeholder.shape) or not np.isfinite(numbers).all():
        what = f"takes {int(np.prod(placeholder.shape))} finite numbers, and got {numbers.size}"
        raise BadInput(what, where=f"input {placeholder.name}", remedy="pass one sample of the network's shape")
    numbers = numbers.reshape(placeholder.shape)
    if not placeholder.scale:
        return numbers.astype(bundle_arrays.ELEMENTS[placeholder.element])
    element = np.dtype(bundle_arrays.ELEMENTS[placeholder.element]).name
    return affine.quantise(numbers, TensorType(placeholder.shape, element, placeholder.scale, placeholder.offset))


def header_text(header: BundleHeader, board: Board, weights: str) -> str:
    """Return the text of own_network.h, which defines main.c's names for the bundle's parts by those of its header.

    weights: "flash" or "ram". On a board with a second region of RAM the activations go there if the first is too small, and the
    inputs and outputs with them if they share memory.
    """
    first = next(iter(header.placeholders.values()))
    prefix = first.macro.removesuffix(f"_{first.name}")
    names = {f"OWN_{place}": f"{prefix}_{place}" for place in PLACES} | {
        "OWN_CONST": "const" if weights == "flash" else "",
        "OWN_MUTABLE_PLACE": LARGE_RAM if header.shared and _apart(header, board, weights) else "",
        "OWN_ACTIVATIONS_PLACE": LARGE_RAM if not header.shared and _apart(header, board, weights) else "",
        "OWN_WEIGHTS": f'"{header.file.stem}.weights.txt"',
        "OWN_RUN": header.name,
        "OWN_INPUTS": _inputs(header),
        "OWN_OUTPUTS": _outputs(header),
        "OWN_CLASS": _class(header),
        "OWN_PRINTS_FLOATS": int(any(each.element == "float" for each in header.outputs.values())),
    }
    lines = [f"#define {name} {value}".rstrip() for name, value in names.items()]
    head = "/* What this program's network calls its parts; written by helpers/own_network/program.py. */"
    return "\n".join([head, f'#include "{header.file.stem}.h"', "", *lines, ""])


def _apart(header: BundleHeader, board: Board, weights: str) -> bool:
    network = header.mutable + header.activations + (header.constant if weights == "ram" else 0)
    return linker_facts.read(board).apart(network + fit.around(board)[1] + ROOM)


def _inputs(header: BundleHeader) -> str:
    """Return the macros for main.c's inputs: each one's address, its first byte in test_input.inc, its bytes."""
    words, first = [], 0
    for each in header.inputs.values():
        words.append(f"{'POINT' if each.in_place else 'COPY'}({each.macro}, {first}, {each.bytes})")
        first += each.bytes
    return " ".join(words)


def _outputs(header: BundleHeader) -> str:
    """Return the macros for main.c's outputs: each one's name on the console, address, C type, and number of values."""
    return " ".join(
        f"PRINT_{'FLOATS' if each.element == 'float' else 'INTEGERS'}"
        f'("{name}", {each.macro}, {C_TYPES[each.element]}, {int(np.prod(each.shape))})'
        for name, each in _shown(header).items()
    )


def _class(header: BundleHeader) -> str:
    """Return the macro with which main.c shows the class on a board that can, if the network has one output of several values."""
    several = [each for each in header.outputs.values() if np.prod(each.shape) > 1]
    if len(header.outputs) != 1 or not several:
        return ""
    each = several[0]
    return f"SHOW_THE_CLASS({each.macro}, {C_TYPES[each.element]}, {int(np.prod(each.shape))})"


def _shown(header: BundleHeader) -> dict[str, Placeholder]:
    """Return the outputs by their names on the console."""
    return header.outputs if len(header.outputs) > 1 else {"Output": header.output}


def answer(project: Project, console: str) -> Answer:
    """Parse the program's output; raises BadInput if it is not one line per output and the time."""
    outputs, time = _shown(project.header), _TIME.search(console)
    found: dict[str, list[int]] = {name: [] for name in outputs}
    for name, whole, bits in _OUTPUT.findall(console):
        found.setdefault(name, []).append(int(whole) if whole else int(bits, 16))
    counts = {name: int(np.prod(each.shape)) for name, each in outputs.items()}
    if {name: len(numbers) for name, numbers in found.items()} != counts or not time:
        what = f"the console shows {console[:60]!r}, not {sum(counts.values())} outputs and the time"
        raise BadInput(
            what, where=artifacts.shown(project.folder), remedy="build the project again, with its own main.c"
        )
    arrays = {name: _numbers(found[name], each.element) for name, each in outputs.items()}
    return Answer(named_arrays.alone(arrays), int(time[1]))


def _numbers(found: list[int], element: str) -> np.ndarray:
    return (
        np.array(found, np.uint32).view(np.float32)
        if element == "float"
        else np.array(found, bundle_arrays.ELEMENTS[element])
    )
