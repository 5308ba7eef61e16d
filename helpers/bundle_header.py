"""A bundle's header file, read back: the sizes and addresses that main.c, the patcher and the notebooks need."""

import re
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import BadInput, MissingInput

LARGEST_FILE = 2**20


@dataclass(frozen=True)
class Placeholder:
    """One input or output: name, C macro, element (i8, float, ...), shape, scale, offset; bytes and address (mutable region).

    in_place: the mutable region holds, at `address`, only the four bytes of its elements' own address.
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


@dataclass(frozen=True)
class BundleHeader:
    """What a bundle needs: region sizes and alignment in bytes, and its placeholders in order (inputs first).

    form: the -mcpu-form it was made in; "" where its header does not say, as real Glow's.
    """

    name: str
    constant: int
    mutable: int
    activations: int
    alignment: int
    placeholders: dict[str, Placeholder]
    form: str = ""

    @property
    def macro_prefix(self) -> str:
        """The part before the first underscore of its own macros, e.g. MNIST_NXP."""
        return self.name.upper()

    @property
    def input(self) -> Placeholder:
        """The first placeholder."""
        return next(iter(self.placeholders.values()))

    @property
    def output(self) -> Placeholder:
        """The last placeholder."""
        return list(self.placeholders.values())[-1]


_TYPE = re.compile(r"(float|i8|i16|i32)(?:\[S:(\S+) O:(-?\d+)\]\[[^\]]*\])?<([\d x]+)>")


def read(path) -> BundleHeader:
    """Read the .h of a static-API bundle written here or by real Glow; raises MissingInput or BadInput."""
    path = Path(path)
    if not path.is_file():
        remedy = "compile the network with model-compiler first (notebooks/06_profile_and_compile.ipynb)"
        raise MissingInput("does not exist", where=path, remedy=remedy)
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput(f"is larger than {LARGEST_FILE} bytes", where=path)
    text = path.read_text(errors="replace")
    defines = {name: int(value) for name, value in re.findall(r"^#define\s+(\w+)\s+(\d+)\s*$", text, re.M)}
    guard = re.search(r"^#ifndef _GLOW_BUNDLE_(\w+)_H\s*$", text, re.M)
    try:
        prefix = guard.group(1)
        sizes = [
            defines[f"{prefix}_{part}"]
            for part in ("CONSTANT_MEM_SIZE", "MUTABLE_MEM_SIZE", "ACTIVATIONS_MEM_SIZE", "MEM_ALIGN")
        ]
        placeholders = {each.name: each for each in _placeholders(text, prefix, defines)}
    except (AttributeError, KeyError) as error:
        raise BadInput(f"is not the header of a Glow bundle with the static API ({error})", where=path) from None
    if not placeholders:
        raise BadInput("names no placeholder", where=path)
    entry = re.search(r"^int\s+(\w+)\s*\(uint8_t", text, re.M)
    form = re.search(r"^// Form: ([\w-]+)\s*$", text, re.M)
    return BundleHeader(entry.group(1) if entry else prefix.lower(), *sizes, placeholders, form.group(1) if form else "")


def _placeholders(text: str, prefix: str, defines: dict[str, int]):
    blocks = re.findall(
        r'Name: "(\w+)"\s*\n//\s+Type: (.+?)\s*\n(?://.*\n)*?//\s+Size: \d+ \(elements\)\s*\n//\s+Size: (\d+) \(bytes\)',
        text,
    )
    for name, type_text, size in blocks:
        macro, parts = f"{prefix}_{name}", _TYPE.fullmatch(type_text)
        if macro not in defines:
            continue  # a constant of the verbose list
        if parts is None:
            raise KeyError(f"type {type_text}")
        element, scale, offset, shape = parts.groups()
        dimensions = tuple(int(n) for n in shape.split("x"))
        yield Placeholder(
            name, macro, element, dimensions, float(scale or 0), int(offset or 0), int(size), defines[macro],
            f"{macro}_IN_PLACE" in defines,
        )  # fmt: skip
