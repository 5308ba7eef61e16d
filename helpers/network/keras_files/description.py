"""The description of a network in a Keras file, checked before Keras sees the file."""

import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter, MissingInput
from helpers.network.keras_files import allowed, archive, h5_file

READERS = {".h5": h5_file.read, ".hdf5": h5_file.read, ".keras": archive.read}

_LONGEST = 1 << 20  # characters
_NOT_SOUND = (OSError, ValueError, RuntimeError, KeyError, RecursionError, MemoryError, TypeError, zipfile.BadZipFile, zlib.error,
              NotImplementedError)  # fmt: skip


@dataclass(frozen=True)
class Description:
    """config: the whole network as Keras describes it; keras: the version of Keras that wrote it, 2 or 3."""

    config: dict
    keras: int

    @property
    def layers(self) -> list[dict]:
        """Return the layers, as {'class_name': ..., 'config': {...}}, in the file's order."""
        return self.config["config"]["layers"]


def read(path) -> Description:
    """Read the description of the network in a .h5 or .keras, Sequential or functional.

    Raises MissingInput, BadParameter for another ending, BadInput if the file is damaged, and Unsupported if it describes
    what `allowed.check` refuses (the safe_mode of Keras does not look at .h5 files).
    """
    path, where = Path(path), artifacts.shown(path)
    if path.suffix not in READERS:
        raise BadParameter(
            "is no Keras file by its name", where=where, remedy=f"name one that ends in {', '.join(READERS)}"
        )
    if not path.is_file():
        remedy = "run notebooks/02_train.ipynb first, or check the name (data/mnist.h5 is the shipped network)"
        raise MissingInput("does not exist", where=where, remedy=remedy)
    if path.stat().st_size > h5_file.LARGEST:
        raise BadInput(f"is larger than {h5_file.LARGEST:,} bytes", where=where, remedy=h5_file.REMEDY)
    try:
        text, version = READERS[path.suffix](path, where)
        if len(text) > _LONGEST:
            raise ValueError("the network's description is too long")
        config = json.loads(text)
    except _NOT_SOUND as error:
        what = "HDF5 file" if READERS[path.suffix] is h5_file.read else "archive"
        raise BadInput(f"is no sound {what} with a Keras network", where=where, remedy=h5_file.REMEDY) from error
    _check_kind(config, where)
    allowed.check(
        {key: config[key] for key in ("class_name", "config", "module", "registered_name") if key in config}, where
    )
    return Description(config, 3 if version.startswith("3") else 2)


def _check_kind(config, where: str) -> None:
    """Check that the file holds a network with layers, not an instance of a custom class."""
    kind = config.get("class_name") if isinstance(config, dict) else None
    if kind is None:
        raise BadInput("holds no Keras network, but only weights", where=where, remedy=h5_file.REMEDY)
    if kind in ("Sequential", "Functional", "Model"):
        inner = config.get("config")
        layers = inner.get("layers") if isinstance(inner, dict) else None
        if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
            raise BadInput("describes no layers", where=where, remedy=h5_file.REMEDY)
