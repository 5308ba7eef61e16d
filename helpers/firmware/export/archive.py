"""Write a parcel's zip: the same bytes on every machine, and recognisable as ours."""

import io
import zipfile
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadParameter

MARK = b"Made by python -m helpers export"  # the archive's comment
DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows


def write(path: Path, root: str, files: dict[str, str]) -> Path:
    """Write the files into a zip, in one folder `root`, sorted and without dates.

    It is not compressed, as zlib's bytes differ from version to version. Replaces a parcel of ours. Raises BadParameter if
    the path holds anything else.
    """
    check(path)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        archive.comment = MARK
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{root}/{name}", DATE)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, files[name])
    return artifacts.write_bytes(path, stream.getvalue())


def check(path: Path) -> None:
    """Raise BadParameter if the path exists and is no parcel of ours."""
    if path.is_dir() or (path.exists() and not _is_ours(path)):
        what = "already exists, and was not made by this command"
        raise BadParameter(what, where=artifacts.shown(path), remedy="name another file with --output")


def _is_ours(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.comment == MARK
    except (OSError, zipfile.BadZipFile):
        return False
