"""The house: floors, no cycles, files that can be read in one sitting, and what a notebook may import."""

import ast
import json
import re
from graphlib import TopologicalSorter

import pytest

import helpers
from helpers.common import artifacts

HELPERS = artifacts.ROOT / "helpers"
FILES = sorted(path for path in HELPERS.rglob("*.py") if path.name != "__init__.py")
TENSORFLOW = {
    "keras.py",
    "training.py",
    "cnn.py",
    "onnx_export.py",
    "checkpoint.py",
    "own_models",
    "better_digits",
    "quantisation_aware.py",
}
MATPLOTLIB = {"plots", "results.py", "graph_pdf.py"}


# A file imports from its own floor and those above it in this table. The compiler has floors of its own.
FLOORS = (
    ("common",),
    ("data", "hardware"),
    ("network",),
    ("compiler",),
    ("inference",),
    ("firmware",),
    ("evaluation",),
    ("own_network",),
    ("plots",),
    ("widgets", "workbook"),
    ("__main__", "glow_process_image", "validation"),
)
COMPILER_FLOORS = (
    ("ir", "numerics", "targets"),
    ("operators",),
    ("interpreter",),
    ("profiling",),
    ("frontends", "passes", "quantisation"),
    ("backends",),
    ("bundle",),
    ("budget",),
    ("driver",),
    ("commands",),
    ("glow",),
)


def floor(parts: tuple[str, ...]) -> tuple[int, ...]:
    """Where a module stands: its floor in helpers, and inside the compiler a second one."""
    numbers = [next(number for number, names in enumerate(FLOORS) if parts[0] in names)]
    if parts[0] == "compiler" and len(parts) > 1:
        numbers.append(next(number for number, names in enumerate(COMPILER_FLOORS) if parts[1] in names))
    return tuple(numbers)


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


@pytest.mark.parametrize("path", FILES, ids=module)
def test_a_file_imports_only_from_its_own_floor_and_below(path):
    mine = floor(tuple(module(path).split(".")[1:]))
    ours = [name for name in imports(path) if name.startswith("helpers.")]
    assert [name for name in ours if floor(tuple(name.split(".")[1:])) > mine] == []


@pytest.mark.parametrize("path", FILES, ids=module)
def test_inside_helpers_only_full_paths_are_used(path):
    """Names of `helpers.PUBLIC` are for notebooks."""
    assert "helpers" not in imports(path)


# More rooms than twelve: a file per operator, a file per figure, and the compiler, whose stages are its listing.
MANY = {"helpers/compiler/operators", "helpers/plots", "helpers/compiler"}
MOST_ROOMS = 12


def rooms(folder) -> set[str]:
    """What a reader of a folder's listing sees, but for data files and what Python itself puts there."""
    return {path.name for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}


@pytest.mark.parametrize("folder", sorted({path.parent for path in FILES}), ids=lambda path: path.name)
def test_a_folder_can_be_taken_in_at_a_glance(folder):
    named = {name for name in rooms(folder) if not name.startswith("__")} - {"glow_process_image.py", "validation.py"}
    assert len(named) <= MOST_ROOMS or str(folder.relative_to(artifacts.ROOT)) in MANY


@pytest.mark.parametrize("folder", sorted({path.parent for path in FILES}), ids=lambda path: path.name)
def test_each_folder_says_what_it_is_for(folder):
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))


# What a notebook may import besides the names of helpers.PUBLIC.
OPEN = (
    "helpers.plots",
    "helpers.widgets",
    "helpers.evaluation.verify",
    "helpers.own_network.cases",
    "helpers.network.better_digits",
    "helpers.own_network.better_digits",
    "helpers.compiler.backends.streaming",
)


@pytest.mark.parametrize("path", sorted(artifacts.NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_import_public_names_only(path):
    """From `helpers`, from a public module, or from one of the open packages."""
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
    lines = [line.strip() for cell in cells for line in "".join(cell["source"]).splitlines()]
    modules = {target.partition(":")[0] for target in helpers.PUBLIC.values()}
    wrong = []
    for line in lines:
        if match := re.match(r"from (helpers[\w.]*) import (.+)", line):
            names = {name.split(" as ")[0].strip() for name in match[2].split(",")}
            public = names <= set(helpers.PUBLIC) if match[1] == "helpers" else match[1] in modules
            wrong += [] if public or match[1].startswith(OPEN) else [line]
    assert wrong == []


def test_every_public_name_is_there():
    assert [name for name in helpers.PUBLIC if name != "keras" and not hasattr(helpers, name)] == []


def test_no_cycles():
    paths = {module(path): path for path in HELPERS.rglob("*.py")}
    TopologicalSorter({name: imports(path) & set(paths) for name, path in paths.items()}).prepare()


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
