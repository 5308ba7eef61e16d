"""Damaged files thrown at the command lines: each must end with success or with one line, quickly, and write nothing else.

python tests/aot/fuzz.py --seed 1 --seconds 60 FILE...: prints how many ended how; stops at the first that breaks the promise.
"""

import argparse
import contextlib
import io
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx

from helpers.aot import cli, emit_c, memory, profile
from helpers.aot import compile as compiler
from helpers.errors import WorkbookError

MOST_SECONDS = 20.0
MOST_BYTES = 2**30


def mutated(data: bytes, random: np.random.Generator) -> bytes:
    """The bytes with a few flipped, cut out, doubled, overwritten or cut off."""
    damaged = bytearray(data)
    for _ in range(random.integers(1, 6)):
        at, length = int(random.integers(len(damaged) or 1)), int(random.integers(1, 9))
        match random.integers(6):
            case 0:
                damaged[at : at + 1] = bytes([random.integers(256)])
            case 1:
                damaged[at : at + length] = b""
            case 2:
                damaged[at:at] = damaged[at : at + length]
            case 3:
                damaged[at : at + length] = random.bytes(length)
            case 4:
                damaged[at : at + length] = b"\xff" * length
            case 5 if random.random() < 0.2:
                del damaged[at:]
    return bytes(damaged)


def rewritten(data: bytes, random: np.random.Generator) -> bytes:
    """An ONNX model that is still one, with attributes, inputs or shapes that nobody means."""
    model = onnx.load_from_string(data)
    odd = [-(2**40), -3, -1, 0, 1, 2, 3, 7, 1000, 2**31, 2**62]
    for _ in range(random.integers(1, 4)):
        node = model.graph.node[int(random.integers(len(model.graph.node)))]
        match random.integers(5):
            case 0 if node.attribute:
                attribute = node.attribute[int(random.integers(len(node.attribute)))]
                if attribute.ints:
                    attribute.ints[int(random.integers(len(attribute.ints)))] = odd[int(random.integers(len(odd)))]
                attribute.i, attribute.f = odd[int(random.integers(len(odd)))], float(random.choice(odd))
            case 1 if len(node.input) > 1:
                node.input[int(random.integers(len(node.input)))] = random.choice([*node.input, "x", ""])
            case 2 if model.graph.initializer:
                tensor = model.graph.initializer[int(random.integers(len(model.graph.initializer)))]
                numbers = onnx.numpy_helper.to_array(tensor).copy()
                numbers.reshape(-1)[:1] = np.array(random.choice(odd[1:-2])).astype(numbers.dtype)
                tensor.CopyFrom(onnx.numpy_helper.from_array(numbers.reshape(-1), tensor.name))
            case 3:
                node.op_type = random.choice([each.op_type for each in model.graph.node])
            case 4:
                dimension = model.graph.input[0].type.tensor_type.shape.dim[int(random.integers(2))]
                dimension.dim_value = odd[int(random.integers(len(odd)))]
    return model.SerializeToString()


def words(path: Path) -> list[str]:
    """A command line that reads the file as far as can be without a compiler."""
    if path.suffix == ".yaml":
        model = Path(__file__).parents[1] / "reference" / "MNIST_NXP.onnx"
        return [f"-model={model}", "-onnx-define-symbol=N,1", f"-load-profile={path}", "-dump-graph-DAG=graph.dot"]
    return [f"-model={path}", "-onnx-define-symbol=N,1", "-dump-graph-DAG=graph.dot"]


def run_one(path: Path) -> str:
    """How the command ended; raises AssertionError where it broke the promise."""
    errors, start = io.StringIO(), time.perf_counter()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        status = cli.model_compiler(words(path))
    lines = errors.getvalue().splitlines()
    assert time.perf_counter() - start < MOST_SECONDS, "took too long"
    assert (status == 0 and not lines) or (status == 2 and len(lines) == 1 and lines[0].startswith("error: ")), lines
    left = {each.name for each in Path.cwd().iterdir()} - {path.name}
    assert left == ({"graph.dot"} if status == 0 else set()), left
    Path("graph.dot").unlink(missing_ok=True)
    if status == 0 and path.suffix != ".yaml":
        _all_the_way(path)
    return "compiled" if status == 0 else "refused"


def _all_the_way(path: Path) -> None:
    """What still reads as a network must also be profiled, quantised and written as C, or be refused."""
    with contextlib.suppress(WorkbookError):
        graph = compiler.float_graph(path, {"N": 1})
        emit_c.bundle_source(graph, memory.plan(graph), "net", "net")
        inputs = np.zeros(graph.placeholders[0].output.type.shape, np.float32)
        measured = profile.measure(graph, inputs)
        made = compiler.compiled_graph(path, compiler.Request({"N": 1}, measured, convert_placeholders=True))
        emit_c.bundle_source(made, memory.plan(made), "net", "net")


def main(argv=None) -> int:
    """Mutate until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=10)
    chosen = parser.parse_args(argv)
    random, endings, start = np.random.default_rng(chosen.seed), {"compiled": 0, "refused": 0}, time.perf_counter()
    seeds = [(path.suffix, path.read_bytes()) for path in chosen.files]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        while time.perf_counter() - start < chosen.seconds:
            suffix, data = seeds[int(random.integers(len(seeds)))]
            path = Path(folder) / f"damaged{suffix}"
            mutate = rewritten if suffix == ".onnx" and random.random() < 0.6 else mutated
            path.write_bytes(mutate(data, random))
            endings[run_one(path)] += 1
            path.unlink()
        os.chdir("/")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1024 if sys.platform == "linux" else 1)
    print(f"seed {chosen.seed}: {endings}, {peak / 2**20:.0f} MB")
    assert peak < MOST_BYTES, "took more than 1 GB"
    return 0


if __name__ == "__main__":
    sys.exit(main())
