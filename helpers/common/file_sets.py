"""Replace several files of a folder together; after an interruption, the next call restores the old set."""

import contextlib
import json
import os
import re
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

from helpers.common import atomic_files
from helpers.common.errors import BadInput, from_system

if sys.platform != "win32":  # two writers at once are not kept apart there
    import fcntl

LARGEST_JOURNAL = 1 << 16  # bytes


def journal(folder: Path, name: str) -> Path:
    """Return the path of the file that exists while the set of this name is being replaced."""
    return folder / f".{name}.incomplete"


def replace(folder: Path, name: str, contents: dict[str, bytes], stale: list[str]) -> None:
    """Replace files of a folder with new contents, in order, and remove the stale ones, all or nothing.

    name: of the set. contents: by file name, no paths. Everything is written to temporary files first; then files are
    renamed, and a failure puts the old ones back. A process that is killed in between leaves `journal`; then the next call
    restores the old set before it writes. Raises what atomic_files.writable does, and SystemRefused.
    """
    with atomic_files.folders_of(folder / name), _locked(folder):
        recover(folder, name)
        targets = {file: _plain(folder / file) for file in contents}
        temporaries: dict[str, Path] = {}
        try:
            for file, data in contents.items():
                with _naming(targets[file]):
                    temporaries[file] = atomic_files.temporary_beside(targets[file])
                    temporaries[file].write_bytes(data)
            _swap(folder, name, temporaries, targets, stale)
        finally:
            for temporary in temporaries.values():
                temporary.unlink(missing_ok=True)


def _plain(path: Path) -> Path:
    target = atomic_files.writable(path)
    if atomic_files.is_stream(target):
        raise BadInput("is no plain file", where=path, remedy="remove it, or choose another name")
    return target


@contextlib.contextmanager
def _naming(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise from_system(error, target) from error


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Allow one writer at a time in a folder, if the system has locks."""
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _swap(folder: Path, name: str, temporaries: dict[str, Path], targets: dict[str, Path], stale: list[str]) -> None:
    """Rename the old files to backups, then the temporaries to the files; the journal exists while this runs."""
    token, order = secrets.token_hex(4), (*temporaries, *stale)
    had = [file for file in order if (folder / file).exists()]
    new = [file for file in temporaries if file not in had]
    with atomic_files.replacing(journal(folder, name)) as temporary:
        temporary.write_text(json.dumps({"token": token, "had": had, "new": new}))
    targets = {file: Path(os.path.realpath(folder / file)) for file in stale} | targets
    try:
        for file in order:
            if file in had:
                before = targets[file].stat()
                os.replace(targets[file], _backup(targets[file], token))
            if file in temporaries:
                if file in had:
                    with contextlib.suppress(PermissionError):  # another's file in a shared folder
                        atomic_files.give(temporaries[file], before)
                os.replace(temporaries[file], targets[file])
    except BaseException:
        recover(folder, name)
        raise
    for file in had:
        _backup(targets[file], token).unlink(missing_ok=True)
    journal(folder, name).unlink()


def _backup(target: Path, token: str) -> Path:
    return target.with_name(f".{target.name[: atomic_files.LONGEST_NAME]}.{token}.old")


def recover(folder: Path, name: str) -> None:
    """Restore the old files of a set whose replacement was interrupted; does nothing if none was."""
    path = journal(folder, name)
    if not path.is_file():
        return
    for file, backup in _entries(path):
        target = Path(os.path.realpath(folder / file))
        if backup is None:
            target.unlink(missing_ok=True)
        elif (kept := _backup(target, backup)).exists():
            os.replace(kept, target)
    path.unlink()


def _entries(path: Path) -> list[tuple[str, str | None]]:
    """Return the files that a journal names, each with its backup's token, or None if there was no file before."""
    try:
        text = path.read_text() if path.stat().st_size <= LARGEST_JOURNAL else ""
        found = json.loads(text)
        token, had, new = str(found["token"]), list(found["had"]), list(found["new"])
    except (ValueError, KeyError, TypeError):
        return []
    plain = re.compile(r"[\w.]+")
    if not plain.fullmatch(token) or not all(isinstance(each, str) and plain.fullmatch(each) for each in had + new):
        return []
    return [*((file, token) for file in had), *((file, None) for file in new)]
