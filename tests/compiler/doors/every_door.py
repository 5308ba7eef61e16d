"""Files of the exporters in a folder: float32 as the exporter's own answers, integers in every form as the reference in numpy.

python tests/compiler/doors/every_door.py FOLDER ... --forms    (make_pytorch.py and make_scikit_learn.py write such folders)
Each prints a line a file that is refused or wrong, and how many are right.
"""

import argparse
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

from helpers.common import named_arrays
from helpers.common.errors import WorkbookError
from helpers.compiler import driver, interpreter, targets
from helpers.compiler.profiling import profile
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.inference.host_bundle import HostBundle

CLOSE = 1e-3  # of the largest answer where that is above 1
STEPS = 1e-2  # the same for what was quantised before: a few steps of its integers


def files(folder: Path) -> list[Path]:
    """The exported files of a folder, in order."""
    return sorted(folder.glob("*.onnx"))


def asked(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Inputs [n, ...] and the exporter's own answers [n, ...] for a file."""
    with np.load(path.parent / "answers.npz") as arrays:
        name = path.stem.rsplit("-", 1)[0]
        return arrays[f"{name}-x"], arrays[f"{name}-y"]


def one_by_one(graph, inputs: np.ndarray) -> np.ndarray:
    """The first output of each inference."""
    (edge,) = graph.placeholders
    results = [interpreter.run(graph, {edge.name: each[None]}) for each in inputs]
    return np.stack([named_arrays.in_order(each)[0] for each in results])


def float_difference(path: Path) -> float:
    """The largest difference from the exporter's answers, in units of the largest answer where that is above 1."""
    inputs, answers = asked(path)
    graph = driver.compiled_graph(path, driver.Request())
    computed = one_by_one(graph, inputs).reshape(answers.shape)
    return float(np.abs(computed - answers).max() / max(1.0, np.abs(answers).max()))


def integer_graph(path: Path):
    """The network in integers: its own where it has any, else by a profile of its own inputs."""
    if quantised(path):
        return driver.compiled_graph(path, driver.Request(convert_placeholders=True))
    measured = profile.measure(driver.float_graph(path, {}), asked(path)[0])
    return driver.compiled_graph(path, driver.Request({}, measured, convert_placeholders=True))


def quantised(path: Path) -> bool:
    """Whether PyTorch quantised a network before it was exported."""
    return path.stem.endswith("-pt2e")


def wrong_forms(path: Path, every: bool) -> list[str]:
    """The forms whose outputs are not those of the reference in numpy; every: on the emulated cores too."""
    graph = integer_graph(path)
    return differing_forms(graph, interpreter_inputs(graph, asked(path)[0][:2]), every)


def differing_forms(graph, fed: np.ndarray, every: bool) -> list[str]:
    """The same for a graph and inputs of its input's type."""
    expected, wrong = one_by_one(graph, fed).reshape(len(fed), -1), []
    with tempfile.TemporaryDirectory() as scratch:
        driver.emit_bundle(graph, Path(scratch, "host"), "net", driver.Target())
        if _differ(HostBundle(Path(scratch, "host")), fed, expected):
            wrong.append("host")
        cases = [(cpu, form) for cpu in ("cortex-m0plus", "cortex-m7") for form in targets.of(cpu)] if every else []
        for cpu, form in cases:
            folder = Path(scratch, f"{cpu}-{form}")
            try:
                driver.emit_bundle(graph, folder, "net", driver.Target(cpu, form=form))
            except WorkbookError:
                continue  # a form that says that it does not take this network
            if _differ(EmulatedBundle(folder, 1, cpu), fed, expected):
                wrong.append(f"{cpu} {form}")
    return wrong


def said(wrong: list[str]) -> str:
    """Wrong forms in words; empty where there are none."""
    return f"WRONG in {', '.join(wrong)}" if wrong else ""


def interpreter_inputs(graph, inputs: np.ndarray) -> np.ndarray:
    """Inputs as a graph takes them: integers where its edge is."""
    from helpers.compiler.numerics import affine

    kept = graph.placeholders[0].output.type
    return affine.quantise(inputs, kept) if kept.quantised else inputs


def _differ(bundle, fed: np.ndarray, expected: np.ndarray) -> bool:
    got = np.stack([named_arrays.in_order(bundle.run(each[None]))[0].ravel() for each in fed])
    if got.dtype == np.float32:  # layers that stayed float32: another order of sums
        return not np.allclose(got, expected, rtol=1e-4, atol=1e-5)
    return not np.array_equal(got, expected)


def tried(path: Path, forms: bool) -> str:
    """What is wrong with a file; empty where nothing is."""
    try:
        difference = float_difference(path)
        if not difference < (STEPS if quantised(path) else CLOSE):
            return f"WRONG by {difference:.3g} in float32"
        return said(wrong_forms(path, forms)) if forms else ""
    except WorkbookError as error:
        return f"refused: {error}"


def main() -> int:
    """Try every file; status 1 if one that is taken is wrong."""
    line = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    line.add_argument("folders", nargs="+", type=Path)
    line.add_argument("--forms", action="store_true", help="integers in every form of every core, too")
    chosen, wrong = line.parse_args(), 0
    warnings.simplefilter("ignore")
    for folder in chosen.folders:
        found = {path: tried(path, chosen.forms) for path in files(folder)}
        for path, what in found.items():
            wrong += what.startswith("WRONG")
            if what:
                print(f"{path.stem}: {what}", flush=True)
        print(f"{folder.name}: {sum(not what for what in found.values())} of {len(found)} are right", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
