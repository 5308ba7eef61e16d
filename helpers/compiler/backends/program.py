"""What a backend makes of a network: texts, constants and places, ready to be written as a bundle."""

from dataclasses import dataclass

from helpers.compiler.backends.memory_plan import Layout
from helpers.compiler.ir.graph import TensorType


@dataclass(frozen=True)
class ListedConstant:
    """A part of the constant region: its name, its shape and element type, and its offset in bytes."""

    name: str
    type: TensorType
    offset: int


@dataclass(frozen=True)
class Program:
    """A compiled network in one form.

    form: the -mcpu-form, which the header names. sources: the texts of the bundle's C and assembly files, by what follows
    the network's name (".c", "_kernels.S"). object_of: those that the object is made of, in order. constants: the constant
    region. listed: its parts, for the verbose header. layout: places of the placeholders, and the sizes of the regions.
    table_in: the C source that takes the dynamic API's table, a source of the object then. flags: for the C compiler, in
    addition to those that the options ask for. kernels: what runs, as pairs of name and kind, where the .c is only to read.
    """

    form: str
    sources: dict[str, str]
    object_of: tuple[str, ...]
    constants: bytes
    listed: tuple[ListedConstant, ...]
    layout: Layout
    table_in: str = ".c"
    flags: tuple[str, ...] = ()
    kernels: tuple[tuple[str, str], ...] = ()
