"""TFLite files of your own in every form of every core, against TensorFlow Lite's reference kernels: a table.

python tests/compiler/real_files.py FOLDER [--core cortex-m0plus] [--form fast plain]: equal or not to the bit, flash, RAM
(activations, inputs and outputs) and cycles of one inference at zero wait states. Needs TensorFlow; int8 files only.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from random_tflite import answers

from helpers.common.errors import WorkbookError
from helpers.compiler import driver, targets
from helpers.inference.emulated_bundle import EmulatedBundle

CORES = ("cortex-m0plus", "cortex-m7")


@dataclass(frozen=True)
class Row:
    """One file in one form; equal: whether every output is the reference kernels'; refused: why there is no code."""

    file: str
    core: str
    form: str
    equal: bool = False
    flash: int = 0
    ram: int = 0
    cycles: int = 0
    refused: str = ""

    def __str__(self) -> str:
        head = f"{self.file:28} {self.core:14} {self.form:12}"
        if self.refused:
            return f"{head} refused: {self.refused}"
        return f"{head} {'equal' if self.equal else 'NOT EQUAL':10} {self.flash:>9,} {self.ram:>8,} {self.cycles:>13,}"


HEAD = f"{'file':28} {'core':14} {'form':12} {'':10} {'flash':>9} {'RAM':>8} {'cycles':>13}"


def rows(path: Path, cores, forms, count: int):
    """A Row for each form of a file that these cores have, for random int8 inputs and for both ends of their range."""
    graph = driver.compiled_graph(path, driver.Request())
    shape = graph.placeholders[0].output.type.shape
    inputs = np.random.default_rng(13438).integers(-128, 128, (count + 2, *shape[1:])).astype(np.int8)
    inputs[-2], inputs[-1] = -128, 127
    wanted = answers(path.read_bytes(), inputs)
    for core in cores:
        for form in (form for form in targets.of(core) if not forms or form in forms):
            try:
                yield _row(graph, path.name, core, form, inputs, wanted)
            except WorkbookError as error:
                yield Row(path.name, core, form, refused=str(error))


def _row(graph, name: str, core: str, form: str, inputs: np.ndarray, wanted: np.ndarray) -> Row:
    with tempfile.TemporaryDirectory() as scratch:
        layout = driver.emit_bundle(graph, Path(scratch, "net"), "net", driver.Target(core, form=form))
        bundle = EmulatedBundle(Path(scratch, "net"), core=core)
        measured, got = bundle.measure(inputs[0]), bundle.run(inputs)
    ram = layout.mutable_bytes + layout.activations_bytes
    equal = np.array_equal(got, wanted.reshape(got.shape))
    return Row(name, core, form, equal, bundle.flash_bytes, ram, measured.cycles)


def main() -> int:
    """Print the table; status 1 if an output differs."""
    line = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    line.add_argument("folder", type=Path, help="a folder of .tflite files, or one file")
    line.add_argument("--core", nargs="+", choices=CORES, default=CORES)
    line.add_argument("--form", nargs="+", choices=targets.EVERY)
    line.add_argument("--count", type=int, default=3, help="random inputs a file, beside both ends of the range (3)")
    chosen = line.parse_args()
    files = sorted(chosen.folder.glob("*.tflite")) if chosen.folder.is_dir() else [chosen.folder]
    if not files:
        line.error(f"{chosen.folder}: holds no .tflite file")
    wrong, shown = 0, 0
    print(HEAD)
    for path in files:
        try:
            for row in rows(path, chosen.core, chosen.form, chosen.count):
                print(row, flush=True)
                wrong, shown = wrong + (not row.equal and not row.refused), shown + 1
        except WorkbookError as error:
            print(f"{path.name:28} refused: {error}", flush=True)
    print(f"{shown} rows, {wrong} not equal")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
