"""python -m helpers verify: do all forms of a network compute the same? Exit status 0 if they do, 1 if not, or if not known.

The forms: Keras or TFLite, ONNX, integers in numpy, compiled for this machine, and compiled for a core and emulated. Integer
forms must be equal bit for bit, float forms within the tolerance. From floats to integers the table shows the loss. The
check fails if the difference is over half of the values' variation (root mean squares): such integers compute something
else. A .tflite file that tf2onnx cannot convert is compared without ONNX, as the compiler reads the file itself.
"""

import argparse
import dataclasses
import json

import numpy as np

from helpers.common import errors
from helpers.common.errors import BadParameter
from helpers.compiler import targets as forms
from helpers.compiler.commands import commands, options
from helpers.compiler.profiling import profile
from helpers.data import images
from helpers.evaluation.verify import comparison, integers, samples
from helpers.evaluation.verify.comparison import Row, Verification

# All except those that have another name here, or no choice.
QUANTISATION = [each for each in options.QUANTISATION if each.name not in ("load-profile", "convert-placeholders")]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(prog="python -m helpers verify", description=__doc__, allow_abbrev=False)
    line.add_argument("model", help="a .h5, .keras, .onnx or .tflite file")
    line.add_argument(
        "--images",
        nargs="+",
        required=True,
        metavar="WHAT",
        help="PNG files and folders, or mnist (the test images), or an .npz with x (or an array under the name of "
        "each input) and, if known, labels y",
    )
    line.add_argument("--labels", help="the right classes of the images, comma separated")
    line.add_argument("--count", type=int, default=100, help="take at most so many (100)")
    line.add_argument("--image-mode", choices=images.MODES, default="0to1", help="what pixels are mapped to (0to1)")
    line.add_argument(
        "--image-layout", choices=images.LAYOUTS, help="order of dimensions (by default told from the network)"
    )
    line.add_argument("--profile", help="profile.yaml; by default the first 100 images are profiled")
    line.add_argument("--board-core", nargs="+", choices=forms.CPUS, help="cores to emulate (cortex-m0plus)")
    line.add_argument("--form", nargs="+", choices=forms.EVERY, help="forms of code, as -mcpu-form (by default all)")
    line.add_argument(
        "--tolerance",
        type=float,
        default=comparison.TOLERANCE,
        help="largest difference of float forms, in units of the largest output if over 1 (%(default)g)",
    )
    line.add_argument("--json", action="store_true", help="print JSON in place of the table")
    group = line.add_argument_group("Quantisation, as of model-compiler")
    for option in QUANTISATION:
        options.add(group, option)
    return line


@errors.command
def main(argv=None) -> int:
    """Run all forms, print the table, and return 0 or 1."""
    return compare(parser().parse_args(argv))


def compare(chosen: argparse.Namespace) -> int:
    """Run all forms that the options of `parser` ask for, print the table, and return 0 or 1."""
    asked, how = quantisation(chosen), loading(chosen)
    targets = integers.targets(chosen.board_core or ["cortex-m0plus"], chosen.form)
    found = comparison.verify(chosen.model, chosen.images, targets, asked, how, chosen.tolerance)
    print(json.dumps(as_json(found), indent=1) if chosen.json else table(found))
    return 0 if found.passed else 1


def quantisation(chosen: argparse.Namespace) -> integers.Quantisation:
    """Return how the network is to be quantised; raises BadParameter for choices that do not go together."""
    options.check_choices(chosen, QUANTISATION, "verify")
    read = profile.read(chosen.profile) if chosen.profile else None
    return integers.Quantisation(read, commands.configuration(chosen))


def loading(chosen: argparse.Namespace) -> samples.Loading:
    """Return how the samples are to be loaded; raises BadParameter."""
    if chosen.count < 1:
        raise BadParameter(f"is {chosen.count}", where="--count", remedy="use 1 or more")
    return samples.Loading(chosen.count, chosen.image_mode, chosen.image_layout, _labels(chosen.labels))


def _labels(words: str | None) -> np.ndarray | None:
    if words is None:
        return None
    try:
        return np.array([int(word) for word in words.split(",")])
    except ValueError:
        raise BadParameter(f"cannot be {words!r}", where="--labels", remedy="write them as 7,2,1") from None


def as_json(found: Verification) -> dict:
    """Return all results as plain values for JSON."""
    return {**dataclasses.asdict(found), "passed": found.passed}


def table(found: Verification) -> str:
    """Format one line per form, then the mismatches."""
    head = ("form", "accuracy", "same class", "largest difference", "")
    rows = [head, *(_cells(row, found) for row in found.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([*lines, *_mismatches(found), _verdict(found)])


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    first, *others = zip(row, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]).rstrip()


def _cells(row: Row, found: Verification) -> tuple[str, ...]:
    if row.refused:
        said = "FAULT" if row.agrees is False else "cannot be" if row.compared else "cannot be compared"
        return (row.form, "-", "-", "-", said)
    accuracy = "-" if row.accuracy is None else f"{row.accuracy:.2%}"
    if row.same_class is None:
        return (row.form, accuracy, "", "", "")
    asked = "bit-equal" if row.bit_equal else "DIFFERS" if row.agrees is False else "agrees" if row.agrees else ""
    return (row.form, accuracy, f"{row.same_class} of {found.count}", f"{row.largest_difference:.3g}", asked)


def _mismatches(found: Verification) -> list[str]:
    lines = [
        f"{row.form}: {'' if row.compared else 'cannot be compared: '}{row.refused}"
        for row in found.rows
        if row.refused
    ]
    for row in found.rows:
        for each in row.mismatches:
            classes = f"class {each.before}" if each.before == each.after else f"class {each.before}, here {each.after}"
            lines.append(f"{row.form}: {each.sample}: {classes}{'; ' if each.layer else ''}{each.layer}")
    return lines


def _verdict(found: Verification) -> str:
    wrong = ", ".join(row.form for row in found.rows if row.agrees is False)
    if wrong:
        return f"not what the form above gives: {wrong}"
    unknown = ", ".join(row.form for row in found.rows if not row.compared and not row.detour)
    if unknown:
        return f"cannot be compared: {unknown}"
    left_out = ", ".join(row.form for row in found.rows if not row.compared)
    return "Every form gives what it should." + (f" Left out: {left_out}." if left_out else "")
