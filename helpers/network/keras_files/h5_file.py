"""Check a Keras .h5 before Keras reads it: its description can run code, and the sizes it claims can fill the memory."""

import math

import h5py

from helpers.common.errors import BadInput
from helpers.network.keras_files.memory_limit import more_memory

REMEDY = "save the network of plain Keras layers again, with model.save('mnist.keras') or model.save('mnist.h5')"
LARGEST = 256 << 20  # bytes, of the file and of all its arrays


def read(source, where: str) -> tuple[str, str]:
    """Return the description of a network (JSON) and the version of Keras that wrote it; source: a path or a file object.

    Raises BadInput for links out of the file, arrays that are no plain numbers, and arrays that claim too much memory; OSError,
    ValueError, RuntimeError or KeyError if it is no valid HDF5 file.
    """
    with more_memory(2 * LARGEST), h5py.File(source, "r") as file:
        _check_arrays(file, where)
        return _text(file.attrs.get("model_config", "null")), _text(file.attrs.get("keras_version", "2"))


def _text(value) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _check_arrays(file: h5py.File, where: str):
    """Check that every link stays inside this file, and that the arrays' total size is small."""
    groups, total, seen = [file], 0, set()
    while groups:
        group = groups.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise BadInput(f"has a link {name!r} that leads elsewhere", where=where, remedy=REMEDY)
            item = group[name]
            if isinstance(item, h5py.Group):
                if item.id in seen:
                    raise BadInput(f"has a group {name!r} inside itself", where=where, remedy=REMEDY)
                seen.add(item.id)
                groups.append(item)
            else:
                total += _bytes_of(item, where)
    if total > LARGEST:
        raise BadInput(f"claims arrays of {total:,} bytes", where=where, remedy=REMEDY)


def _bytes_of(item, where: str) -> int:
    plain = isinstance(item, h5py.Dataset) and not item.external and not item.is_virtual
    if not plain or item.dtype.kind not in "fiu":
        raise BadInput(f"has an array {item.name!r} that is no plain numbers", where=where, remedy=REMEDY)
    return math.prod(item.shape) * item.dtype.itemsize
