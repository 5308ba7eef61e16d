"""Many seats on one machine: the total memory of one notebook's kernels, and how much of it they share."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from helpers.common import artifacts
from helpers.common.errors import ToolFailed, Unsupported
from helpers.workbook.checks import replay
from helpers.workbook.road import Notebook

PAUSE_S = 0.5  # between two looks at the memory


@dataclass(frozen=True)
class Together:
    """The peak memory of `seats` seats at once in MB: with shared pages counted once, and as a sum over the processes."""

    seats: int
    taken: int
    shown: int


def measure(book: Notebook, seats: int) -> Together:
    """Run one notebook (quick) in many seats at once, each with its own build folder.

    The notebook's inputs are copied from build/. Raises Unsupported if the system does not report shared pages, ToolFailed
    if a seat fails.
    """
    if not sys.platform.startswith("linux"):
        raise Unsupported("shared memory is measured on Linux only", remedy="measure where the seats will be")
    with tempfile.TemporaryDirectory() as scratch:
        places = [Path(scratch, str(seat)) for seat in range(seats)]
        for place in places:
            replay.lend([book], place)
        running = [_started(book, place) for place in places]
        try:
            peaks = _watch(running)
        finally:
            for each in running:
                _end(each)
    if any(each.returncode for each in running):
        raise ToolFailed("a seat failed", where=book.name, remedy=f"python -m helpers run --only {book.name} says why")
    return Together(seats, *(round(peak / 1e6) for peak in peaks))


def _started(book: Notebook, place: Path) -> psutil.Popen:
    words = [sys.executable, "-m", "helpers", "run", "--quick", "--force", "--no-report", "--only", book.name]
    environment = os.environ | {"WORKBOOK_BUILD": str(place)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return psutil.Popen(words, cwd=artifacts.ROOT, env=environment, **quiet)


def _watch(running: list[psutil.Popen]) -> tuple[int, int]:
    """Return the largest sums of proportional and of resident memory in bytes until the last seat ends."""
    taken = shown = 0
    while any(each.poll() is None for each in running):
        now = [_memory(each) for each in running]
        taken, shown = max(taken, sum(pss for pss, _ in now)), max(shown, sum(rss for _, rss in now))
        time.sleep(PAUSE_S)
    return taken, shown


def _memory(seat: psutil.Popen) -> tuple[int, int]:
    """Return the proportional (a page shared by n processes counts 1/n) and resident bytes of a process and its children."""
    pss = rss = 0
    with contextlib.suppress(psutil.Error):
        for process in [seat, *seat.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):  # it has just ended
                found = process.memory_full_info()
                pss, rss = pss + found.pss, rss + found.rss
    return pss, rss


def _end(seat: psutil.Popen) -> None:
    """End a seat that still runs, with all its child processes."""
    if seat.poll() is None:
        for process in [*seat.children(recursive=True), seat]:
            with contextlib.suppress(psutil.Error):
                process.kill()
    seat.wait()
