"""The house stands as README.md draws it: floors, no cycles, files that can be read in one sitting."""

import ast
import re
from graphlib import TopologicalSorter

import pytest

from helpers import artifacts

HELPERS = artifacts.ROOT / "helpers"
FILES = sorted(path for path in HELPERS.rglob("*.py") if path.name != "__init__.py")
TENSORFLOW = {
    "keras.py",
    "training.py",
    "cnn.py",
    "onnx_export.py",
    "checkpoint.py",
    "own_models",
    "quantisation_aware.py",
}
MATPLOTLIB = {"plots", "results.py", "graph_pdf.py"}


def floors() -> dict[str, int]:
    """Module or package to floor, from the lines `floor N  a.py b/` of README.md."""
    lines = re.findall(r"^ +floor (\d) +(.+)$", (artifacts.ROOT / "README.md").read_text(), re.MULTILINE)
    return {name.rstrip("/").removesuffix(".py"): int(floor) for floor, names in lines for name in names.split()}


def imports(path) -> set[str]:
    """The dotted modules that a file imports, `from a import b` counted as a.b where that is a file of helpers."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = artifacts.ROOT.joinpath(*f"{node.module}.{alias.name}".split("."))
                is_module = inner.is_dir() or inner.with_suffix(".py").exists()
                found.add(f"{node.module}.{alias.name}" if is_module else node.module)
    return found


def module(path) -> str:
    return ".".join(path.relative_to(artifacts.ROOT).with_suffix("").parts).removesuffix(".__init__")


def part(name: str) -> str:
    """The module or package of helpers that a dotted name lies in."""
    return name.split(".")[1]


@pytest.mark.parametrize("path", FILES, ids=module)
def test_a_file_imports_only_from_its_own_floor_and_below(path):
    mine = part(module(path))
    assert mine == "__main__" or mine in floors(), f"{path.name} stands on no floor: add it to README.md, The house"
    below = floors().get(mine, 9)
    assert [name for name in imports(path) if name.startswith("helpers.") and floors()[part(name)] > below] == []


def test_no_cycles():
    paths = {module(path): path for path in HELPERS.rglob("*.py")}
    TopologicalSorter({name: imports(path) & set(paths) for name, path in paths.items()}).prepare()


def test_the_readme_names_no_module_that_is_gone():
    assert [name for name in floors() if not (HELPERS / name).is_dir() and not (HELPERS / f"{name}.py").exists()] == []


@pytest.mark.parametrize("path", sorted([*FILES, *(artifacts.ROOT / "tests").rglob("*.py")]), ids=module)
def test_files_and_functions_stay_short(path):
    text = path.read_text()
    assert text.count("\n") <= 300
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    long = {node.name: node.end_lineno - node.lineno + 1 for node in functions if node.end_lineno - node.lineno >= 40}
    assert long == {}


@pytest.mark.parametrize("path", FILES, ids=module)
def test_what_is_slow_to_import_stays_in_its_files(path):
    heads = {name.split(".")[0] for name in imports(path)}
    places = set(path.relative_to(HELPERS).parts)
    assert not heads & {"tensorflow", "tf_keras", "keras"} or places & TENSORFLOW
    assert not heads & {"matplotlib"} or places & MATPLOTLIB
