"""Damaged files of all six kinds: each must end with success or with one line, quickly, and write nothing else.

python tests/compiler/malformed/fuzz.py --seed 1 --seconds 60 [FILE...]: prints how many of each kind ended how; stops at
the first that breaks the promise. The files are damaged besides the project's own.
"""

import argparse
import contextlib
import io
import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import doors
import h5py
import numpy as np
import onnx

from helpers.common import artifacts
from helpers.common.errors import WorkbookError
from helpers.compiler import driver
from helpers.compiler.backends import memory_plan
from helpers.compiler.backends.plain_c import program
from helpers.compiler.profiling import profile

MOST_SECONDS = 60.0  # on a busy machine; what hangs, hangs for longer
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


def run_one(path: Path) -> str:
    """How the command ended; raises AssertionError where it broke the promise."""
    errors, start = io.StringIO(), time.perf_counter()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        status = doors.enter(path)
    lines = errors.getvalue().splitlines()
    assert time.perf_counter() - start < MOST_SECONDS, "took too long"
    assert (status == 0 and not lines) or (status == 2 and len(lines) == 1 and lines[0].startswith("error: ")), lines
    left = {each.name for each in Path.cwd().iterdir()} - {path.name}
    assert left == ({"graph.dot"} if status == 0 and path.suffix not in doors.READERS else set()), left
    Path("graph.dot").unlink(missing_ok=True)
    if status == 0 and path.suffix in (".onnx", ".tflite"):
        _all_the_way(path)
    return "compiled" if status == 0 else "refused"


def _all_the_way(path: Path) -> None:
    """What still reads as a network must also be profiled, quantised and written as C, or be refused."""
    with contextlib.suppress(WorkbookError):
        graph = driver.float_graph(path, {"N": 1})
        program.bundle_source(graph, memory_plan.plan(graph), "net", "net")
        made = driver.compiled_graph(path, driver.Request({"N": 1}))
        program.bundle_source(made, memory_plan.plan(made), "net", "net")
        types = {node.name: node.output.type for node in graph.placeholders}
        if any(each.element != "float" for each in types.values()):
            return
        inputs = {name: np.zeros(each.shape or 1, np.float32) for name, each in types.items()}
        measured = profile.measure(graph, inputs)
        made = driver.compiled_graph(path, driver.Request({"N": 1}, measured, convert_placeholders=True))
        program.bundle_source(made, memory_plan.plan(made), "net", "net")


def seeds(files: list[Path], folder: Path) -> list[tuple[str, bytes]]:
    """(suffix, content) of sound files of every kind."""
    with h5py.File(folder / "net.h5", "w") as file:
        layers = [{"class_name": "Dense", "config": {"name": "d", "units": 4, "activation": "relu"}}]
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": layers}})
        file["d/kernel"] = np.ones((3, 4), np.float32)
    np.savez(folder / "arrays.npz", a=np.arange(50), b=np.eye(4, dtype=np.float32))
    own = [folder / "net.h5", folder / "arrays.npz", artifacts.DATA / "current_test_image.png", doors.REFERENCE]
    own += [
        doors.REFERENCE.with_name("profile.yaml"),
        *sorted((Path(__file__).parents[1] / "tflite").rglob("*.tflite")),
    ]
    found = [(path.suffix, path.read_bytes()) for path in (*own, *files)]
    for path in own[:2]:
        path.unlink()
    return found


def one(kind: str, data: bytes, random: np.random.Generator, folder: Path) -> str:
    """Damage a file, and say how it ended."""
    path = folder / f"damaged{kind}"
    mutate = rewritten if kind == ".onnx" and random.random() < 0.6 else mutated
    path.write_bytes(mutate(data, random))
    ending = run_one(path)
    path.unlink()
    return ending


def most_memory() -> int:
    """The most bytes of memory that this program has held at once.

    Linux's getrusage would count those of the program that started this one, too: the peak stays over an exec
    (getrusage(2), ru_maxrss). /proc/self/status begins anew there.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(argv=None) -> int:
    """Mutate until the time is over, one kind after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=10)
    chosen = parser.parse_args(argv)
    random, start = np.random.default_rng(chosen.seed), time.perf_counter()
    endings = {kind: Counter() for kind in doors.KINDS}
    with tempfile.TemporaryDirectory() as folder:
        sound = seeds(chosen.files, Path(folder))
        os.chdir(folder)
        while time.perf_counter() - start < chosen.seconds:
            for kind in doors.KINDS:
                candidates = [data for suffix, data in sound if suffix == kind]
                data = candidates[int(random.integers(len(candidates)))]
                endings[kind][one(kind, data, random, Path(folder))] += 1
        os.chdir("/")
    peak = most_memory()
    print(f"seed {chosen.seed}: { ({kind: dict(count) for kind, count in endings.items()}) }, {peak / 2**20:.0f} MB")
    assert peak < MOST_BYTES, "took more than 1 GB"
    return 0


if __name__ == "__main__":
    sys.exit(main())
