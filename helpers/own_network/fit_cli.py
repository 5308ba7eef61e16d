"""python -m helpers fit: says whether a network fits a board, in which forms of code, and which form is fastest."""

import argparse
import json

from helpers.common import errors
from helpers.compiler import targets
from helpers.compiler.budget.search import explained
from helpers.compiler.targets import LayerChoice
from helpers.own_network import choice, fit, linker_facts
from helpers.own_network.choice import Comparison
from helpers.own_network.fit import Estimate

HEAD = ("form", "flash (B)", "RAM (B)", "cycles", "with waits", "ms", "")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(
        prog="python -m helpers fit",
        description="Tell whether a network, trained or not, fits a board. Exit status 0 if a form fits, 1 if none does.",
        allow_abbrev=False,
    )
    line.add_argument("model", help="a .h5, .keras, .onnx or .tflite file, trained or not")
    line.add_argument("--board", default="ke16z", help="one of firmware_projects (ke16z)")
    line.add_argument(
        "--form",
        choices=("auto", *targets.EVERY),
        default="auto",
        help="one form of code alone, as -mcpu-form; auto compares all",
    )
    line.add_argument(
        "--reuse-input-memory", action="store_true", help="as model-compiler's: a call may overwrite its inputs"
    )
    line.add_argument("--json", action="store_true", help="print JSON in place of the table")
    return line


@errors.command
def main(argv=None) -> int:
    """Print the table; return status 0 if a form fits, 1 if none does."""
    chosen = parser().parse_args(argv)
    form = None if chosen.form == "auto" else chosen.form
    found = choice.compare(chosen.model, chosen.board, form, chosen.reuse_input_memory)
    print(json.dumps(as_json(found), indent=1, sort_keys=True) if chosen.json else table(found))
    return 0 if found.chosen else 1


def as_json(found: Comparison) -> dict:
    """Return the comparison as plain values for JSON.

    missing: bytes by memory, {} if nothing is missing; {"reason": ...} if the form has no code. layers: in form auto, what was
    chosen for each and why. For a form that was not compiled the figures are lower bounds, or null if there is no code; its
    cycles are null.
    """
    chosen = found.chosen
    return {
        "board": found.board.name,
        "chosen": chosen.form if chosen else None,
        "forms": [_plain(row) for row in found.rows],
        "multiplications": found.multiplications,
    }


def _plain(row: Estimate) -> dict:
    return {
        "form": row.form,
        "flash_bytes": None if row.reason else row.flash_bytes,
        "ram_bytes": None if row.reason else row.ram_bytes,
        "cycles": row.core_cycles,
        "cycles_with_waits": row.cycles,
        "fits": row.fits,
        "missing": {"reason": row.reason} if row.reason else row.missing,
        **({"layers": [_layer(each) for each in row.mix.layers]} if row.mix else {}),
    }


def _layer(chosen: LayerChoice) -> dict:
    return {"layer": chosen.name, "form": chosen.form, "by_rows": chosen.by_rows, "why": chosen.why}


def table(found: Comparison) -> str:
    """Format one line per form, and the verdict."""
    board, (flash, ram), facts = found.board, fit.around(found.board), linker_facts.read(found.board)
    rows = [HEAD, *map(_cells, found.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    every = sum(region.size for region in board.ram)
    names = ", ".join(region.name for region in facts.ram)
    unused = f" ({names} of the linker script; the board has {every:,} B in all)" if every > facts.ram_bytes else ""
    lines = [
        f"{board.title} at {board.clock_hz / 1e6:g} MHz: {found.multiplications:,} multiplications an inference",
        f"flash {board.flash.size:,} B, of which {flash:,} B for the program around the network; "
        f"RAM {facts.ram_bytes:,} B{unused}, of which {ram:,} B",
        "",
        *(_line(row, widths) for row in rows),
        "",
    ]
    if any(row.cycles is None and not row.reason for row in found.rows):
        lines.append(
            "Forms without cycles were not compiled: the bytes shown, the least that they can take, are too many."
        )
    mixes = [line for row in found.rows if row.mix for line in ("auto, layer by layer:", *explained(row.mix), "")]
    return "\n".join([*lines, *mixes, *filter(None, [found.note]), _verdict(found)])


def _cells(row: Estimate) -> tuple[str, ...]:
    if row.reason:
        return (row.form, "-", "-", "-", "-", "-", row.reason)
    verdict = "fits" if row.fits else f"lacks {row.lacking}"
    if row.cycles is None:
        return (row.form, f">={row.flash_bytes:,}", f">={row.ram_bytes:,}", "-", "-", "-", verdict)
    figures = (row.flash_bytes, row.ram_bytes, row.core_cycles, row.cycles)
    return (row.form, *(f"{each:,}" for each in figures), f"{row.time_ms:.2f}", verdict)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    middle = [cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)]
    return "  ".join([row[0].ljust(widths[0]), *middle, row[-1]]).rstrip()


def _verdict(found: Comparison) -> str:
    if found.chosen:
        why = "the fastest form that fits" if len(found.rows) > 1 else "the form asked for"
        return f"fits: {found.chosen.form} is {why}"
    error = choice.refusal(found, None)
    return f"does not fit: {error}"
