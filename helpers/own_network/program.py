"""Any bundle as a board's program: its project, with a test input, and what it prints.

The main.c knows no network (firmware_projects/common/own_network.c): it takes the bundle's names from own_network.h and one
input from test_input.inc, both written here, and prints every output and the microseconds.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers import artifacts, boards, bundle_header, firmware, images, main_c
from helpers.aot import ranges
from helpers.aot.graph import TensorType
from helpers.bundle_header import BundleHeader, Placeholder
from helpers.errors import BadInput, Unsupported
from helpers.firmware import Project
from helpers.host_bundle import ELEMENTS

MAIN = artifacts.PROJECTS / "common" / "own_network.c"
C_TYPES = {"i8": "int8_t", "i16": "int16_t", "i32": "int32_t", "float": "float"}
PLACES = ("CONSTANT_MEM_SIZE", "MUTABLE_MEM_SIZE", "ACTIVATIONS_MEM_SIZE", "MEM_ALIGN")
_OUTPUT = re.compile(r"^Output \d+ = (?:(-?\d+)|0x([0-9a-f]{8})\b.*?)\s*$", re.MULTILINE)
_TIME = re.compile(r"^Inference time ([=>]) (\d+) \(us\)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Answer:
    """What the board printed: outputs [n] in the network's element type, and microseconds.

    microseconds is None where the inference outlasted the timer (2^24 cycles); the emulator's own count knows even then.
    """

    outputs: np.ndarray
    microseconds: int | None


def make(
    board: str, bundle, sample: np.ndarray, folder, weights: str = "flash", hot_loops: str = "flash", **options
) -> Project:
    """Prepare and build in one go: the project, ready to run; options: those of `firmware.build`, whose errors it raises."""
    project = prepare(board, bundle, sample, folder, weights, hot_loops)
    firmware.build(project, **options)
    return project


def prepare(
    board: str, bundle, sample: np.ndarray, folder, weights: str = "flash", hot_loops: str = "flash"
) -> Project:
    """Copy a board's project to `folder`, with a bundle and one test input of real numbers in it; an older copy is replaced.

    weights, hot_loops: "flash" or "ram", where the constant weights lie and the bundle's hot loops (see firmware.prepare).
    Raises BadParameter, MissingInput, BadInput (another core's bundle; a sample that is not the network's), or Unsupported where
    the network has several inputs or outputs.
    """
    facts, file = boards.load(board), firmware.header_file(bundle)
    header = bundle_header.read(file)
    if len(header.placeholders) != 2:
        what = f"has {len(header.placeholders)} inputs and outputs; main.c feeds one and prints one"
        raise Unsupported(what, where=artifacts.shown(file), remedy="join them in the network")
    sources = {
        "main.c": main_c.read(MAIN),
        "own_network.h": header_text(file.stem, header, weights),
        "test_input.inc": images.to_inc(np.frombuffer(stored(header.input, sample).tobytes(), np.uint8), columns=16),
    }
    project = firmware.assemble(Path(folder), facts, weights, file.parent, sources, hot_loops)
    if project.target.hello_world:
        firmware.patch(project, main_c.M0_STEPS)
    return project


def stored(placeholder: Placeholder, sample: np.ndarray) -> np.ndarray:
    """Real numbers as an input placeholder holds them, in its shape and element type. Raises BadInput."""
    numbers = np.asarray(sample, np.float32)
    if numbers.size != np.prod(placeholder.shape) or not np.isfinite(numbers).all():
        what = f"takes {int(np.prod(placeholder.shape))} finite numbers, and got {numbers.size}"
        raise BadInput(what, where=f"input {placeholder.name}", remedy="pass one sample of the network's shape")
    numbers = numbers.reshape(placeholder.shape)
    if not placeholder.scale:
        return numbers.astype(ELEMENTS[placeholder.element])
    element = np.dtype(ELEMENTS[placeholder.element]).name
    return ranges.quantise(numbers, TensorType(placeholder.shape, element, placeholder.scale, placeholder.offset))


def header_text(stem: str, header: BundleHeader, weights: str) -> str:
    """own_network.h: what main.c calls each thing of the bundle, in terms of the bundle's own header, stem.h."""
    given, out = header.input, header.output
    prefix = given.macro.removesuffix(f"_{given.name}")
    names = {f"OWN_{place}": f"{prefix}_{place}" for place in PLACES} | {
        "OWN_CONST": "const" if weights == "flash" else "",
        "OWN_WEIGHTS": f'"{stem}.weights.txt"',
        "OWN_RUN": header.name,
        "OWN_INPUT": given.macro,
        "OWN_INPUT_IS_READ_IN_PLACE": int(given.in_place),
        "OWN_OUTPUT": out.macro,
        "OWN_OUTPUT_TYPE": C_TYPES[out.element],
        "OWN_OUTPUT_COUNT": int(np.prod(out.shape)),
        "OWN_OUTPUT_IS_FLOAT": int(out.element == "float"),
    }
    lines = [f"#define {name} {value}".rstrip() for name, value in names.items()]
    head = "/* What this program's network calls its parts; written by helpers/own_network/program.py. */"
    return "\n".join([head, f'#include "{stem}.h"', "", *lines, ""])


def answer(project: Project, console: str) -> Answer:
    """What the program printed, as numbers; raises BadInput where that is not one line an output and the time."""
    out, time = project.header.output, _TIME.search(console)
    found = [int(whole) if whole else int(bits, 16) for whole, bits in _OUTPUT.findall(console)]
    if len(found) != np.prod(out.shape) or not time:
        what = f"the console shows {console[:60]!r}, not {int(np.prod(out.shape))} outputs and the time"
        raise BadInput(what, where=artifacts.shown(project.folder))
    numbers = np.array(found, np.uint32).view(np.float32) if out.element == "float" else np.array(found, ELEMENTS[out.element])
    return Answer(numbers, int(time[2]) if time[1] == "=" else None)
