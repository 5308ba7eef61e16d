"""python -m tests.peers: this compiler and others on one emulated Cortex-M0+: cycles, flash, RAM, and what they compute.

emlearn and emx-onnx-cgen come from PyPI into an environment under build/. What is not on PyPI is run where its source is named.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import onnx

from helpers.common import artifacts
from helpers.common.errors import Unsupported, command
from helpers.compiler import targets
from tests.peers import bench, cmsis_nn, networks, onnx2c, ours, tools

PAGE = artifacts.ROOT / "docs" / "peers.md"
FIRST, LAST = "<!-- the table of python -m tests.peers -->", "<!-- end of the table -->"
HEAD = ("network", "code", "computes in", "cycles", "flash (B)", "RAM (B)", "off by (%)")
THIS = "this compiler, "


class Row(NamedTuple):
    """One tool's code for one network; off_by: the largest difference from onnxruntime's floats, in percent of their range."""

    network: str
    code: str
    numbers: str
    cost: bench.Cost
    off_by: float


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(
        prog="python -m tests.peers", description=__doc__.partition("\n")[0], allow_abbrev=False
    )
    line.add_argument("--cmsis-nn", type=Path, metavar="FOLDER", help="a checkout of github.com/ARM-software/CMSIS-NN")
    line.add_argument("--onnx2c", type=Path, metavar="PROGRAM", help="a program built from github.com/kraiskil/onnx2c")
    line.add_argument("--write", action="store_true", help="put the table into docs/peers.md")
    return line


def task(name: str, folder: Path, count: int = networks.INPUTS) -> tools.Task:
    """A network's files in a new folder, and its inputs."""
    folder.mkdir(parents=True)
    model = networks.NETWORKS[name]()
    networks.as_int8(model, folder)
    inputs = networks.inputs(model, count)
    return tools.Task(folder, inputs, networks.reference(model, inputs)[0])


def our_rows(name: str, given: tools.Task) -> Iterator[Row]:
    """This compiler's forms that have code for the network, and its fast code for the int8 file that others get."""
    for form, kind in [*((form, "float") for form in targets.of(bench.CORE)), (targets.FAST, "int8")]:
        try:
            cost = ours.measure(given, form, kind)
        except Unsupported:
            continue
        label = f"{THIS}{form}" + (", the int8 file" if kind == "int8" else "")
        yield _row(name, label, "int8", given, cost)


def _row(name: str, code: str, numbers: str, given: tools.Task, cost: bench.Cost) -> Row:
    expected = networks.reference(onnx.load(given.folder / "float.onnx"), given.inputs)
    difference = abs(cost.outputs - expected).max() / (expected.max() - expected.min())
    return Row(name, code, numbers, cost, 100 * float(difference))


def their_rows(name: str, given: tools.Task, chosen: argparse.Namespace) -> Iterator[Row]:
    """The other tools' code, of those that have any."""
    python, version = tools.environment(), dict(pin.split("==") for pin in tools.PINS)
    emx = f"emx-onnx-cgen {version['emx-onnx-cgen']}"
    yield _row(name, emx, "float", given, tools.emx("float")(python, given))
    yield _row(name, f"{emx}, the int8 file", "float", given, tools.emx("int8")(python, given))
    if "perceptron" in name:
        yield _row(name, f"emlearn {version['emlearn']}", "float", given, tools.emlearn(python, given))
    if chosen.onnx2c:
        yield _row(name, "onnx2c", "float", given, onnx2c.measure(chosen.onnx2c, given))
    if chosen.cmsis_nn:
        label = f"CMSIS-NN {cmsis_nn.version(chosen.cmsis_nn)}, the int8 file"
        yield _row(name, label, "int8", given, cmsis_nn.measure(chosen.cmsis_nn, given))


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [HEAD, ("---", "---", "---", "---:", "---:", "---:", "---:")]
    for row in rows:
        cost = row.cost
        figures = (f"{cost.cycles:,}", f"{cost.flash_bytes:,}", f"{cost.ram_bytes:,}", f"{row.off_by:.2g}")
        lines.append((row.network, row.code, row.numbers, *figures))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write(text: str) -> None:
    """Put a table into the page, in place of the one that is there."""
    before, _, rest = PAGE.read_text().partition(FIRST)
    artifacts.write_text(PAGE, f"{before}{FIRST}\n{text}\n{LAST}{rest.partition(LAST)[2]}")


@command
def main(argv=None) -> None:
    """Measure, and print the table."""
    chosen = parser().parse_args(argv)
    for name, option in (("CMSIS-NN", "cmsis_nn"), ("onnx2c", "onnx2c")):
        if not getattr(chosen, option):
            print(f"SKIPPED: {name}, which is not on PyPI; name it with --{option.replace('_', '-')}", file=sys.stderr)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        for number, name in enumerate(networks.NETWORKS):
            given = task(name, Path(scratch, str(number)))
            for source in (our_rows(name, given), their_rows(name, given, chosen)):
                for row in source:
                    print(f"{row.network}: {row.code}: {row.cost.cycles:,} cycles", file=sys.stderr, flush=True)
                    rows.append(row)
    print(table(rows))
    if chosen.write:
        write(table(rows))


if __name__ == "__main__":
    sys.exit(main())
