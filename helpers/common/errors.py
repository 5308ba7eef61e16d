"""Error classes. An error is one line for the person reading it, with place, cause and remedy."""

import functools
import os
import sys
from collections.abc import Callable

from helpers.common import os_errors

STOPPED_READING = 141  # the exit status of a command whose reader, such as head, has gone


def _bare(text: str, ends: str = ". ") -> str:
    """Strip the signs that end a sentence, which other programs' messages may have; an ellipsis stays."""
    return text if text.endswith("...") else text.rstrip(ends)


class WorkbookError(Exception):
    """An error that the user can fix.

    what: what is wrong, a clause without a full stop.
    where: file, node or parameter concerned, or None.
    remedy: what to do now, an imperative clause, or None.
    """

    def __init__(self, what: str, *, where: object = None, remedy: str | None = None):
        super().__init__(what)
        self.what, self.where, self.remedy = what, where, remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where is not None else ""
        advice = f". {self.remedy[0].upper()}{_bare(self.remedy[1:])}" if self.remedy else ""
        line = " ".join(f"{place}{_bare(self.what, '.?! ')}{advice}".split())
        return line if line.endswith(("?", ".")) else f"{line}."

    def _render_traceback_(self) -> list[str]:
        """IPython's hook: a notebook shows the line, not our stack."""
        return [f"{type(self).__name__}: {self}"]


class MissingInput(WorkbookError):
    """A file that an earlier step writes, or that the user names, is missing."""


class BadInput(WorkbookError):
    """A file exists but is not valid."""


class BadParameter(WorkbookError):
    """A parameter or option has an unknown name or a value out of range."""


class MissingPackage(WorkbookError):
    """A Python package is not installed, such as TensorFlow in the light environment."""


class Unsupported(WorkbookError):
    """A network asks for something the built-in tools do not do."""


class DoesNotFit(WorkbookError):
    """A program is larger than a board's memory."""


class ToolFailed(WorkbookError):
    """A compiler or another program that we started failed."""


class BoardFault(WorkbookError):
    """The program on the emulated board did something on which the real core would fault."""


class SystemRefused(WorkbookError):
    """The operating system refuses to read or write: a full or read-only disk, missing permissions, a path too long."""


def from_system(error: OSError, where: object = None) -> SystemRefused:
    """Convert an OSError to a SystemRefused; where: the file concerned, if the error does not name it."""
    what, place, remedy = os_errors.explained(error)
    return SystemRefused(what, where=where if where is not None else place, remedy=remedy)


def command(main: Callable[[list[str] | None], int | None]) -> Callable[..., int]:
    """Decorate a command line's main(argv): a WorkbookError or an OSError ends it with one line and status 2."""

    @functools.wraps(main)
    def guarded(argv: list[str] | None = None) -> int:
        try:
            return main(argv) or 0
        except WorkbookError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more is written at exit either
            return STOPPED_READING
        except OSError as error:
            print(f"error: {from_system(error)}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            return 130

    return guarded
