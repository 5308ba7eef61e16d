"""Write files and folders whole or not at all. Links are followed, modes and owners kept, and only plain files replaced."""

import contextlib
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from helpers.common.errors import BadInput, BadParameter, from_system

MARKER = ".workbook"  # marks a folder whose whole content we made
MARKER_TEXT = "Everything in this folder was made by the workbook, which may remove and replace it.\n"
LONGEST_NAME = 100  # characters of a file's name that its temporary's name repeats


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield the path of an empty temporary file; on success it replaces `path` in one step, on failure nothing is left.

    A link is followed. An existing file keeps its mode and owner; a new one gets those that the umask leaves. A device
    or a FIFO is written to. Raises BadInput for a folder or a read-only file, SystemRefused for what the system refuses.
    """
    with _named(Path(path)):
        target = writable(path)
    with _named(target), _stream(target) if is_stream(target) else _beside(target) as temporary:
        yield temporary


def writable(path: str | Path) -> Path:
    """Return the file that a path names, links followed; raises BadInput if it is a folder or read-only."""
    target = Path(os.path.realpath(path)) if not _is_system(path) else Path(path)
    if target.is_dir():
        raise BadInput("is a folder, not a file", where=path, remedy="name a file")
    if target.is_file() and not (os.access(target, os.W_OK) and target.stat().st_mode & 0o222):
        raise BadInput("is read-only", where=path, remedy="make it writable, or name another file")
    return target


def is_stream(target: Path) -> bool:
    """Whether this is a device, a FIFO or another thing that is written to and never replaced."""
    return target.exists() and (_is_system(target) or not target.is_file())


def _is_system(path: str | Path) -> bool:
    """Whether a path is one of the system's own, such as /dev/stdout, which may lead to a plain file that is open."""
    return Path(os.path.abspath(path)).parts[:2] in (("/", "dev"), ("/", "proc"))


@contextlib.contextmanager
def _stream(target: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as scratch:
        temporary = Path(scratch, f"written{target.suffix}")
        temporary.touch()
        yield temporary
        with target.open("wb") as stream, temporary.open("rb") as source:
            shutil.copyfileobj(source, stream)


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[Path]:
    with folders_of(target):
        temporary = temporary_beside(target)
        try:
            yield temporary
            take_over(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _named(target: Path) -> Iterator[None]:
    """Make the system's errors about a temporary file name the file that the user asked for."""
    try:
        yield
    except OSError as error:
        temporary = f".{target.name[:LONGEST_NAME]}."
        parts = Path(str(error.filename or target)).parts
        ours = parts == target.parts or any(part.startswith(temporary) for part in parts)
        if error.errno is None or not ours:
            raise
        raise from_system(error, target) from error


@contextlib.contextmanager
def folders_of(path: Path) -> Iterator[None]:
    """Create the folders above a path; if the body fails, remove those that were created."""
    missing = [folder for folder in path.parents if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for folder in missing:
            with contextlib.suppress(OSError):  # not empty, or never made
                folder.rmdir()
        raise


def temporary_beside(target: Path) -> Path:
    """Create an empty file in a target's folder, with the target's suffix and the mode that the umask leaves."""
    suffix = target.suffix if len(target.suffix) < LONGEST_NAME else ""
    temporary = target.with_name(f".{target.name[:LONGEST_NAME]}.{secrets.token_hex(4)}{suffix}")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    return temporary


def take_over(temporary: Path, target: Path) -> None:
    """Rename a temporary file to `target`, and keep the mode and the owner of the file that it replaces.

    If the owner cannot be changed, write into the old file instead.
    """
    if target.exists():
        try:
            give(temporary, target.stat())
        except PermissionError:
            shutil.copyfile(temporary, target)
            return
    os.replace(temporary, target)


def give(temporary: Path, before: os.stat_result) -> None:
    """Give a file the mode and the owner that another had; raises PermissionError if the owner cannot be changed."""
    mine = temporary.stat()
    if (mine.st_uid, mine.st_gid) != (before.st_uid, before.st_gid):
        os.chown(temporary, before.st_uid, before.st_gid)
    temporary.chmod(stat.S_IMODE(before.st_mode))


@contextlib.contextmanager
def replacing_folder(path: str | Path, names: str | None = None) -> Iterator[Path]:
    """Like `replacing`, for a folder: the old one is removed once the new one is complete, and only if we made it.

    names: a pattern that matches all names written to it, for a folder that other tools read whole. Such a folder has no
    MARKER and is recognised by its names. Raises BadInput for a file, and for a folder that is not empty and has no MARKER in
    it or in a folder above.
    """
    target = Path(os.path.realpath(path))
    if not (names and target.is_dir() and all(re.fullmatch(names, file.name) for file in target.iterdir())):
        check_ours(target, path)
    with _named(target), folders_of(target):
        fresh = target.with_name(f".{target.name[:LONGEST_NAME]}.{secrets.token_hex(4)}")
        old = fresh.with_name(fresh.name + ".old")
        fresh.mkdir()
        try:
            if not names and not is_ours(target.parent):
                (fresh / MARKER).write_text(MARKER_TEXT)
            yield fresh
            _swap(fresh, target, old)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)


def _swap(fresh: Path, target: Path, old: Path) -> None:
    if not target.exists():
        os.replace(fresh, target)
        return
    fresh.chmod(stat.S_IMODE(target.stat().st_mode))
    os.replace(target, old)
    try:
        os.replace(fresh, target)
    except BaseException:
        os.replace(old, target)
        raise


def check_ours(folder: Path, named: str | Path | None = None) -> None:
    """Raise BadInput unless everything in a folder may be removed: it is absent, empty, or made by us."""
    named = folder if named is None else named
    if folder.exists() and not folder.is_dir():
        raise BadInput("is a file, not a folder", where=named, remedy="name a folder")
    if folder.is_dir() and not is_ours(folder) and any(folder.iterdir()):
        remedy = "name another folder, or remove this one yourself"
        raise BadInput(f"holds files that the workbook did not make (it has no {MARKER})", where=named, remedy=remedy)


def remove_folder(folder: Path) -> None:
    """Remove a folder and its contents; if it is a link or a mounted disk, remove only the contents.

    Raises OSError if something in it cannot be removed. Call `check_ours` first to know whether it may be.
    """
    if not folder.is_symlink() and not folder.is_mount():
        shutil.rmtree(folder)
        return
    for path in sorted(folder.iterdir(), key=lambda path: path.name == MARKER):  # the marker is removed last
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def check_apart(output: str | Path, *inputs: str | Path | None) -> None:
    """Raise BadParameter if an output file is also an input file (None: no file)."""
    target = os.path.realpath(output)
    if any(os.path.realpath(path) == target for path in inputs if path):
        raise BadParameter("is both read and written", where=output, remedy="name another file to write")


def is_ours(folder: Path) -> bool:
    """Whether a folder, or one above it, holds MARKER."""
    return any((place / MARKER).is_file() for place in (folder, *folder.parents))


def mark(folder: Path) -> None:
    """Create a folder if there is none, and mark it as ours; a folder with other people's files is left unmarked."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.iterdir()):
            (folder / MARKER).write_text(MARKER_TEXT)
    except OSError as error:
        raise from_system(error, folder) from error
