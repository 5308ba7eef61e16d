"""TFLite files of your own in every form of every core, against TensorFlow Lite's reference kernels: a table.

python tests/compiler/real_files.py FOLDER [--core cortex-m0plus] [--form fast plain]: equal or not to the bit, flash, RAM
(activations, inputs and outputs) and cycles of one inference at zero wait states. Needs TensorFlow. A file whose inputs and
outputs are not all int8, uint8 or int16 is refused in a line, as is one that the compiler refuses.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common import named_arrays
from helpers.common.errors import Unsupported, WorkbookError
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
    """A Row for each form of a file that these cores have, for random inputs and for both ends of their range."""
    graph = driver.compiled_graph(path, driver.Request())
    random, inputs = np.random.default_rng(13438), {}
    for node in graph.placeholders:
        kind, shape = np.dtype(node.output.type.element), node.output.type.shape
        low, high = (np.iinfo(kind).min, np.iinfo(kind).max) if kind.kind == "i" else (0, 0)  # real numbers are refused
        inputs[node.name] = random.integers(low, high + 1, (count + 2, *shape)).astype(kind)
        inputs[node.name][-2], inputs[node.name][-1] = low, high
    wanted = answers(path, list(inputs.values()))
    for core in cores:
        for form in (form for form in targets.of(core) if not forms or form in forms):
            try:
                yield _row(graph, path.name, core, form, inputs, wanted)
            except WorkbookError as error:
                yield Row(path.name, core, form, refused=str(error))


def answers(path: Path, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """What TensorFlow Lite's reference kernels give for int8 or int16 inputs [n, batch, ...]: outputs [n, batch, ...].

    A uint8 tensor is the compiler's int8 one with 128 added. Raises Unsupported for other inputs and outputs, and for a file
    that the interpreter refuses.
    """
    from helpers.network.keras import tf

    kind = tf.lite.experimental.OpResolverType.BUILTIN_REF
    try:
        runner = tf.lite.Interpreter(str(path), experimental_op_resolver_type=kind)
        runner.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise Unsupported(f"TFLite's interpreter refuses it: {error}", where=path) from None
    first, last = runner.get_input_details(), runner.get_output_details()
    kinds = {each["dtype"].__name__ for each in (*first, *last)}
    if not kinds <= {"int8", "uint8", "int16"}:
        what = f"its inputs and outputs are {', '.join(sorted(kinds))}, and bits are compared of int8, uint8 and int16 alone"
        raise Unsupported(what, where=path, remedy=f"compare numbers: python -m helpers verify {path}")
    outputs: list[list[np.ndarray]] = [[] for _ in last]
    for sample in zip(*inputs, strict=True):
        for each, array in zip(first, sample, strict=True):
            runner.set_tensor(each["index"], array.view(np.uint8) ^ 128 if each["dtype"] is np.uint8 else array)
        runner.reset_all_variables()
        runner.invoke()
        for each, kept in zip(last, outputs, strict=True):
            array = runner.get_tensor(each["index"])
            kept.append((array ^ 128).view(np.int8) if each["dtype"] is np.uint8 else array.copy())
    return [np.array(kept) for kept in outputs]


def _row(graph, name: str, core: str, form: str, inputs: dict[str, np.ndarray], wanted: list[np.ndarray]) -> Row:
    with tempfile.TemporaryDirectory() as scratch:
        layout = driver.emit_bundle(graph, Path(scratch, "net"), "net", driver.Target(core, form=form))
        bundle = EmulatedBundle(Path(scratch, "net"), core=core)
        one = named_arrays.alone({key: array[0] for key, array in inputs.items()})
        many = named_arrays.alone({key: array.reshape(-1, *array.shape[2:]) for key, array in inputs.items()})
        measured, got = bundle.measure(one), named_arrays.in_order(bundle.run(many, apart=True))
    ram = layout.mutable_bytes + layout.activations_bytes
    equal = all(np.array_equal(each.ravel(), right.ravel()) for each, right in zip(got, wanted, strict=True))
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
