"""Load model-profiler's inputs: -input-dataset=NAME,FORMAT,SOURCE,PATH[,FOLDER], one for each input."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common.errors import BadInput, BadParameter, MissingInput
from helpers.compiler.ir.graph import NUMPY_TYPES, Graph, TensorType
from helpers.compiler.ir.names import legal_name

LARGEST_FILE = 64 * 2**20
FORMATS, SOURCES = ("rawbin", "rawtxt"), ("file", "dir")
REMEDY = "write it as NAME,rawbin,dir,FOLDER or NAME,rawtxt,file,LIST or NAME,rawtxt,file,LIST,FOLDER"


@dataclass(frozen=True)
class Dataset:
    """A parsed option. name: of the input, as in the graph; folder: the prefix of each path of a list."""

    name: str
    format: str
    source: str
    path: Path
    folder: str = ""


def load(words: list[str], graph: Graph) -> dict[str, np.ndarray]:
    """Load the inputs [n * batch, ...] of n inferences, by placeholder; a file holds one input of one inference, as in Glow.

    Raises BadParameter unless each input has one dataset, all of equal counts; MissingInput or BadInput for a faulty file.
    """
    datasets = _one_each([_parsed(word) for word in words], graph)
    files = {each.name: _files(each) for each in datasets}
    counts = {name: len(paths) for name, paths in files.items()}
    if len(set(counts.values())) != 1:
        listed = ", ".join(f"{count} for {name}" for name, count in counts.items())
        raise BadParameter(
            f"the -input-datasets do not have equal counts of files: {listed}",
            remedy="give as many files for each input",
        )
    types = {node.name: node.output.type for node in graph.placeholders}
    return {each.name: _loaded(files[each.name], each.format, types[each.name]) for each in datasets}


def paths(words: list[str]) -> list[Path]:
    """The data files of all datasets; raises BadParameter, MissingInput or BadInput."""
    return [path for word in words for path in _files(_parsed(word))]


def _parsed(word: str) -> Dataset:
    parts = word.split(",")
    most = 5 if parts[2:3] == ["file"] else 4
    if not 4 <= len(parts) <= most or parts[1] not in FORMATS or parts[2] not in SOURCES or not all(parts):
        raise BadParameter(f"-input-dataset cannot be {word!r}", remedy=REMEDY)
    name, form, source, place, *folder = parts
    return Dataset(legal_name(name), form, source, Path(place), *folder)


def _one_each(datasets: list[Dataset], graph: Graph) -> list[Dataset]:
    """Return the datasets in the order of the inputs; raises BadParameter."""
    found: dict[str, Dataset] = {}
    known = {node.name: node for node in graph.placeholders}
    for each in datasets:
        if each.name not in known:
            raise BadParameter(
                f"-input-dataset names {each.name!r}, which is no input", remedy=f"use {', '.join(known)}"
            )
        if each.name in found:
            raise BadParameter(f"-input-dataset names input {each.name!r} twice", remedy="give each input one dataset")
        found[each.name] = each
    missing = [name for name in known if name not in found]
    if missing:
        remedy = "add " + " ".join(f"-input-dataset={name},rawbin,dir,FOLDER" for name in missing)
        raise BadParameter(f"no -input-dataset for input {', '.join(missing)}", remedy=remedy)
    return [found[name] for name in known]


def _files(dataset: Dataset) -> list[Path]:
    """Return one file per inference: a folder's files by name, or the files that a list names."""
    place = dataset.path
    if dataset.source == "dir":
        if not place.is_dir():
            raise MissingInput("is not a folder", where=place, remedy="name the folder of the data files")
        shown = (path for path in place.iterdir() if path.is_file() and not path.name.startswith("."))
        files = sorted(shown, key=lambda path: path.name)
    else:
        if not place.is_file():
            raise MissingInput(
                "does not exist", where=place, remedy="name a text file with the path of a data file on each line"
            )
        files = _listed(place, dataset.folder)
    if not files:
        raise BadInput("names no data", where=place, remedy="put a file for each inference there")
    return files


def _listed(place: Path, folder: str) -> list[Path]:
    """Read the first word of each line as a path, relative to the working folder or the given one."""
    if folder and not Path(folder).is_dir():
        raise MissingInput("is not a folder", where=folder, remedy="name the folder of the files that the list names")
    words = [line.replace(",", " ").split() for line in _text(place).splitlines()]
    paths = [Path(folder, line[0]) for line in words if line]
    for path in paths:
        if not path.is_file():
            remedy = "name the folder of the files behind the list: NAME,FORMAT,file,LIST,FOLDER"
            raise MissingInput(f"does not exist, and {place} names it", where=path, remedy=remedy)
    return paths


def _text(path: Path) -> str:
    return _content(path).decode(errors="replace")


def _content(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput(f"is larger than {LARGEST_FILE} bytes", where=path, remedy="give a file for each inference")
    return path.read_bytes()


def _loaded(paths: list[Path], form: str, target: TensorType) -> np.ndarray:
    arrays = [_array(path, form, target) for path in paths]
    return np.concatenate(arrays) if target.shape else np.stack(arrays)


def _array(path: Path, form: str, target: TensorType) -> np.ndarray:
    """Read the elements of one input of one inference."""
    element = np.dtype(NUMPY_TYPES[target.element])
    try:
        array = _binary(path, element) if form == "rawbin" else _numbers(path, element)
    except ValueError as error:
        how = "bytes in little-endian order" if form == "rawbin" else "text, with commas between them"
        what = f"does not hold {element} numbers ({error})"
        raise BadInput(what, where=path, remedy=f"write {element} numbers as {how}") from None
    if array.size != target.size:
        raise BadInput(
            f"holds {array.size} numbers; the input takes {target.size} of {element}",
            where=path,
            remedy=f"write {target.size} numbers of {element} into each file: one input of one inference",
        )
    return array.reshape(target.shape)


def _binary(path: Path, element: np.dtype) -> np.ndarray:
    return _finite(np.frombuffer(_content(path), element.newbyteorder("<")).astype(element))


def _numbers(path: Path, element: np.dtype) -> np.ndarray:
    """Parse comma-separated numbers; those of an integer input must be whole and in range."""
    numbers = _finite(np.array(_text(path).replace(",", " ").split(), np.float64))
    with np.errstate(all="ignore"):
        array = numbers.astype(element)
    if element.kind == "i" and not np.array_equal(array, numbers):
        raise ValueError("a number that is not whole, or out of range")
    return _finite(array)


def _finite(array: np.ndarray) -> np.ndarray:
    if not np.isfinite(array).all():
        raise ValueError("a number that is not finite")
    return array
