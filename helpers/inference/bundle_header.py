"""Read a bundle's header file: the sizes and addresses that main.c, the patcher and the notebooks need."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadInput, MissingInput, Unsupported

LARGEST_FILE = 2**20
LARGEST_REGION = 2**30  # bytes; a claim of more is no bundle's
ALIGNMENTS = tuple(2**n for n in range(13))
_ELEMENT_BYTES = {"float": 4, "i8": 1, "i16": 2, "i32": 4}
_POINTER_BYTES = 4
_COMPILE = "compile the network with model-compiler first (notebooks/06_profile_and_compile.ipynb)"


@dataclass(frozen=True)
class Placeholder:
    """One input or output: name, C macro, element type (i8, float, ...), shape, scale, offset, size and address in bytes.

    address: in the mutable region. in_place: the mutable region holds at `address` only a pointer (4 bytes) to the elements.
    overwritten: a call may change the elements, so that they must be written before each.
    """

    name: str
    macro: str
    element: str
    shape: tuple[int, ...]
    scale: float
    offset: int
    bytes: int
    address: int
    in_place: bool = False
    overwritten: bool = False


@dataclass(frozen=True)
class BundleHeader:
    """Contents of a bundle's header: region sizes and alignment in bytes, and its placeholders, inputs first.

    form: the -mcpu-form it was made in; "" if its header does not say, as real Glow's. input_names: the inputs; empty where
    the header does not say either: then the input is the first of two placeholders in memory. (Real Glow lists them in the
    order of its own memory, which differs from run to run.) file: the header's path. state_offset, state: the bytes of the
    mutable region that a call leaves to the next; none if state is 0.
    """

    name: str
    constant: int
    mutable: int
    activations: int
    alignment: int
    placeholders: dict[str, Placeholder]
    form: str = ""
    input_names: tuple[str, ...] = ()
    file: Path | None = None
    state_offset: int = 0
    state: int = 0

    def beside(self, ending: str) -> Path:
        """Return the path of another file of the bundle, such as ".weights.bin"; raises MissingInput if it does not exist."""
        path = self.file.with_name(self.file.stem + ending)
        if not path.is_file():
            remedy = "compile the network again with model-compiler"
            raise MissingInput(f"lacks {path.name}", where=artifacts.shown(path.parent), remedy=remedy)
        return path

    @property
    def macro_prefix(self) -> str:
        """The prefix of the bundle's own macros, e.g. MNIST_NXP."""
        return self.name.upper()

    @property
    def inputs(self) -> dict[str, Placeholder]:
        """The inputs by name; raises BadInput if the header does not tell them from the outputs."""
        names = self.input_names or list(self.placeholders)[:1]
        if not self.input_names and len(self.placeholders) != 2:
            what = f"the header of {self.name} does not say which of {', '.join(self.placeholders)} are inputs"
            raise BadInput(what, remedy="compile the network with the built-in model-compiler")
        return {name: self.placeholders[name] for name in names}

    @property
    def outputs(self) -> dict[str, Placeholder]:
        """The outputs by name; raises what `inputs` raises."""
        return {name: each for name, each in self.placeholders.items() if name not in self.inputs}

    @property
    def shared(self) -> bool:
        """Whether the activations lie in the mutable region, over inputs that are no longer needed."""
        return any(each.overwritten for each in self.placeholders.values())

    @property
    def input(self) -> Placeholder:
        """The only input; raises Unsupported if there are several."""
        return _only(self.inputs, "inputs")

    @property
    def output(self) -> Placeholder:
        """The only output; raises Unsupported if there are several."""
        return _only(self.outputs, "outputs")


def _only(placeholders: dict[str, Placeholder], what: str) -> Placeholder:
    if len(placeholders) != 1:
        raise Unsupported(f"a network with the {what} {', '.join(placeholders)} where one is needed")
    return next(iter(placeholders.values()))


_TYPE = re.compile(r"(float|i8|i16|i32)(?:\[S:(\S+) O:(-?\d+)\]\[[^\]]*\])?<([\d x]*)>")


def in_folder(path) -> BundleHeader:
    """Read the header of the one bundle in a folder; `path` may also name the header itself, if there are several bundles.

    The folder may hold other .h files. Raises MissingInput if there is no bundle, BadInput if there are several, or
    where model-compiler was stopped while it wrote one.
    """
    path = Path(path)
    if path.suffix == ".h":
        return read(path)
    where = artifacts.shown(path)
    if not path.is_dir():
        raise MissingInput("is no folder of a bundle", where=where, remedy=_COMPILE)
    if stopped := re.findall(r"^\.(\w+)\.incomplete$", "\n".join(sorted(file.name for file in path.glob(".*"))), re.M):
        what = f"model-compiler was stopped while it replaced {stopped[0]}"
        raise BadInput(what, where=where, remedy="run it again")
    headers = [file for file in sorted(path.glob("*.h")) if _is_header(file)]
    if not headers:
        raise MissingInput("holds no header of a bundle", where=where, remedy=_COMPILE)
    if len(headers) > 1:
        names = ", ".join(file.name for file in headers)
        raise BadInput(f"holds several bundles ({names})", where=where, remedy=f"name one: {path / headers[0].name}")
    return read(headers[0])


def _is_header(path: Path) -> bool:
    """Whether a file says that it is a bundle's header; False for a folder of that name and for a larger file."""
    if not path.is_file() or path.stat().st_size > LARGEST_FILE:
        return False
    return re.search(r"^#ifndef _GLOW_BUNDLE_\w+_H\s*$", path.read_text(errors="replace"), re.M) is not None


def read(path) -> BundleHeader:
    """Read the .h of a static-API bundle written here or by real Glow; raises MissingInput or BadInput."""
    path = Path(path)
    if not path.is_file():
        raise MissingInput("does not exist", where=path, remedy=_COMPILE)
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput(f"is larger than {LARGEST_FILE} bytes", where=path)
    text = path.read_text(errors="replace")
    defines = {name: int(value) for name, value in re.findall(r"^#define\s+(\w+)\s+(\d{1,15})\s*$", text, re.M)}
    guard = re.search(r"^#ifndef _GLOW_BUNDLE_(\w+)_H\s*$", text, re.M)
    try:
        prefix = guard.group(1)
        sizes = [
            defines[f"{prefix}_{part}"]
            for part in ("CONSTANT_MEM_SIZE", "MUTABLE_MEM_SIZE", "ACTIVATIONS_MEM_SIZE", "MEM_ALIGN")
        ]
        placeholders = {each.name: each for each in _placeholders(text, prefix, defines)}
    except (AttributeError, KeyError, ValueError) as error:
        raise BadInput(f"is not the header of a Glow bundle with the static API ({error})", where=path) from None
    if not placeholders:
        raise BadInput("names no placeholder", where=path)
    entry = re.search(r"^int\s+(\w+)\s*\(uint8_t", text, re.M)
    form = re.search(r"^// Form: ([\w-]+)\s*$", text, re.M)
    inputs = tuple(re.findall(r"\w+", "".join(re.findall(r"^// Inputs: (.+)$", text, re.M))))
    if not inputs and len(placeholders) == 2:
        placeholders = dict(sorted(placeholders.items(), key=lambda item: item[1].address))
    if not set(inputs) <= set(placeholders):
        raise BadInput(f"names inputs that are no placeholders: {', '.join(inputs)}", where=path)
    name = entry.group(1) if entry else prefix.lower()
    stateful = re.search(r"^// State: ", text, re.M)
    state = [defines.get(f"{prefix}_STATE_{part}", -1) for part in ("OFFSET", "MEM_SIZE")] if stateful else [0, 0]
    header = BundleHeader(name, *sizes, placeholders, form.group(1) if form else "", inputs, path, *state)
    if fault := _fault(header):
        raise BadInput(fault, where=path, remedy="compile the network again with model-compiler")
    return header


def _fault(header: BundleHeader) -> str | None:
    """Return the contradiction among sizes and addresses; None if they agree."""
    regions = {"constants": header.constant, "placeholders": header.mutable, "activations": header.activations}
    for what, size in regions.items():
        if size > LARGEST_REGION:
            return f"claims {size:,} bytes of {what}, more than {LARGEST_REGION:,}"
    if header.alignment not in ALIGNMENTS:
        return f"claims an alignment of {header.alignment:,} bytes"
    if not 0 <= header.state_offset <= header.mutable - header.state <= header.mutable:
        return f"places a state of {header.state:,} bytes at {header.state_offset:,}, outside its region"
    for each in header.placeholders.values():
        wanted = math.prod(each.shape) * _ELEMENT_BYTES[each.element]
        if each.bytes != wanted:
            return f"claims {each.bytes:,} bytes of {each.name}, whose type takes {wanted:,}"
        if each.address + (_POINTER_BYTES if each.in_place else each.bytes) > header.mutable:
            return f"places {each.name} at {each.address:,}, outside its region of {header.mutable:,} bytes"
        if not (0 <= each.scale < math.inf):
            return f"gives {each.name} the scale {each.scale}"
    return None


def _placeholders(text: str, prefix: str, defines: dict[str, int]):
    blocks = re.findall(
        r'Name: "(\w+)"\s*\n//\s+Type: (.+?)\s*\n(?://.*\n)*?//\s+Size: \d+ \(elements\)\s*\n//\s+Size: (\d{1,15}) \(bytes\)',
        text,
    )
    for name, type_text, size in blocks:
        macro, parts = f"{prefix}_{name}", _TYPE.fullmatch(type_text)
        if macro not in defines:
            continue  # a constant of the verbose list
        if parts is None:
            raise KeyError(f"type {type_text}")
        element, scale, offset, shape = parts.groups()
        dimensions = tuple(int(n) for n in shape.split("x") if shape.strip())
        yield Placeholder(
            name, macro, element, dimensions, float(scale or 0), int(offset or 0), int(size), defines[macro],
            f"{macro}_IN_PLACE" in defines, f"{macro}_OVERWRITTEN" in defines,
        )  # fmt: skip
