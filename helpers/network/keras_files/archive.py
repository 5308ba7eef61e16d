"""Check a .keras before Keras reads it: a zip archive of a description, the versions, and the weights as HDF5."""

import contextlib
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import h5py

from helpers.common.errors import BadInput
from helpers.network.keras_files import h5_file

_FILES = {"metadata.json": 1 << 16, "config.json": 1 << 20, "model.weights.h5": h5_file.LARGEST}  # bytes at most


def read(path, where: str) -> tuple[str, str]:
    """Return the description of a network (JSON) and the version of Keras that wrote it.

    Raises BadInput for an archive with other files than Keras writes for plain layers, or with weights that `h5_file.read`
    refuses; OSError, ValueError, KeyError or zipfile.BadZipFile if the archive is damaged.
    """
    with zipfile.ZipFile(path) as archive:
        names = [info.filename for info in archive.infolist()]
        other = sorted(set(names) - set(_FILES) - {"assets/"})
        if other or len(set(names)) < len(names):
            what = f"holds {other[0]!r}, which plain layers do not need" if other else "holds a file twice"
            raise BadInput(what, where=where, remedy=h5_file.REMEDY)
        contents = {name: _contents(archive, name, where) for name in _FILES}
    h5_file.read(io.BytesIO(contents["model.weights.h5"]), where)
    version = json.loads(contents["metadata.json"])["keras_version"]
    return contents["config.json"].decode(), str(version)


@contextlib.contextmanager
def of_any_system(path, where: str) -> Iterator[Path]:
    """Yield a file that Keras reads here: the path itself, or a copy with slashes of a .keras that Keras 2 wrote on Windows.

    That Keras separates the names of the weights' groups by backslashes, and on other systems it then finds no weights.
    """
    path = Path(path)
    if path.suffix != ".keras":
        yield path
        return
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
        contents = {name: _contents(archive, name, where) for name in _FILES}
        weights = io.BytesIO(contents["model.weights.h5"])
        with h5py.File(weights, "r+") as file:
            names = [name for name in file if "\\" in name]
            for name in names:
                file.move(name, name.replace("\\", "/"))
        if not names:
            yield path
            return
        copy = Path(folder, path.name)
        with zipfile.ZipFile(copy, "w") as written:
            for name, content in (contents | {"model.weights.h5": weights.getvalue()}).items():
                written.writestr(name, content)
        yield copy


def _contents(archive: zipfile.ZipFile, name: str, where: str) -> bytes:
    """Return a file's bytes; never unpacks more than is allowed, whatever the archive says."""
    with archive.open(name) as file:
        data = file.read(_FILES[name] + 1)
    if len(data) > _FILES[name]:
        raise BadInput(f"holds {name} of more than {_FILES[name]:,} bytes", where=where, remedy=h5_file.REMEDY)
    return data
