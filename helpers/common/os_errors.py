"""Cause and remedy, in words, of each OSError that a user may meet."""

import errno

_ELSEWHERE = "name another place; WORKBOOK_BUILD may name one for build/"
_CAUSES = {
    errno.ENOSPC: ("the disk is full", "make room, or write to another disk, and run it again"),
    errno.EDQUOT: ("your quota of the disk is used up", "make room, or write to another disk, and run it again"),
    errno.EROFS: ("the disk is read-only", _ELSEWHERE),
    errno.EACCES: ("permission denied", "change the permissions, or name another place"),
    errno.EPERM: ("permission denied", "change the permissions, or name another place"),
    errno.ENOTDIR: ("a part of this path is a file, not a folder", _ELSEWHERE),
    errno.EISDIR: ("is a folder, not a file", "name a file"),
    errno.EEXIST: ("is there already, and is no folder", "name another place"),
    errno.ENAMETOOLONG: (
        "the name is too long for this disk",
        "choose a shorter name, or a folder with a shorter path",
    ),
    errno.ENOENT: ("does not exist", "check the name"),
    errno.ELOOP: ("is a link that leads to itself", "name the file itself"),
    errno.EBUSY: ("is in use, or another disk is mounted there", "close what uses it, or name another place"),
    errno.ENOTEMPTY: ("is not empty", "check its contents, and remove them yourself"),
    errno.EMFILE: ("too many files are open", "close other programs, or raise the limit (ulimit -n)"),
    errno.ENOMEM: ("the machine is out of memory", "close other programs"),
    errno.EIO: ("the disk reports an error", "check the disk"),
    errno.ENXIO: ("cannot be written to", "name a plain file"),
}


def explained(error: OSError) -> tuple[str, str | None, str | None]:
    """Return what is wrong, the file concerned and the remedy; the last two are None if unknown."""
    what, remedy = _CAUSES.get(error.errno or 0, ("", None))
    if not what:
        lines = str(error.strerror or error).strip().splitlines() or [type(error).__name__]
        what = lines[0].rstrip(" .")
    place = error.filename if isinstance(error.filename, str | bytes) else None
    return what, place.decode(errors="replace") if isinstance(place, bytes) else place, remedy
