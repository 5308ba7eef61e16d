"""Read .npz archives from outside: plain arrays only; sizes are checked before memory is allocated."""

import math
import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from helpers.common import artifacts
from helpers.common.errors import BadInput, MissingInput

_MOST_MEMBERS = 200
_BROKEN = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, NotImplementedError, RuntimeError)
# What Python's parser raises, with which numpy reads a header.
_NO_HEADER = (tokenize.TokenError, SyntaxError, RecursionError, MemoryError)


def read(path, largest: int = 256 << 20) -> dict[str, np.ndarray]:
    """Return all arrays of an .npz by name.

    largest: bytes that all arrays together may take.
    Raises MissingInput if there is no such file. Raises BadInput if an array holds objects, its header claims another size
    than its archive member has, or the file is damaged. Pickles are never opened.
    """
    path, where = Path(path), artifacts.shown(path)
    if not path.is_file():
        raise MissingInput("does not exist", where=where, remedy="check the name of the file")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > _MOST_MEMBERS or sum(member.file_size for member in members) > largest:
                raise BadInput(f"unpacks to more than {largest:,} bytes", where=where, remedy="use another file")
            return {member.filename.removesuffix(".npy"): _array(archive, member) for member in members}
    except (*_BROKEN, *_NO_HEADER) as error:
        what = f"is no sound .npz of plain arrays ({error})"
        raise BadInput(what, where=where, remedy="get the file again") from error


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        reader = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
        if reader is None:
            raise ValueError(f"{member.filename} has format version {version}")
        shape, fortran, dtype = reader(stream)
        if dtype.hasobject:
            raise ValueError(f"{member.filename} holds Python objects")
        if min(shape, default=0) < 0 or stream.tell() + math.prod(shape) * dtype.itemsize != member.file_size:
            raise ValueError(f"{member.filename} has another size than its header says")
        return np.frombuffer(stream.read(), dtype).reshape(shape, order="F" if fortran else "C")
