"""Many seats on one machine: what the kernels of one notebook take together, and what of it they share."""

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
    """The peak of `seats` seats at once, in MB: what they take, shared pages counted once, and the sum of what each shows."""

    seats: int
    taken: int
    shown: int


def measure(book: Notebook, seats: int) -> Together:
    """Run one notebook (quick) in that many seats at once, each with a build folder of its own.

    What the notebook reads is lent from build/. Raises Unsupported if the system does not tell shared pages, ToolFailed
    where a seat fails.
    """
    if not sys.platform.startswith("linux"):
        raise Unsupported("shared memory is told by Linux alone", remedy="measure where the seats will be")
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
    """Bytes: the largest sums of proportional and of resident memory until the last seat ends."""
    taken = shown = 0
    while any(each.poll() is None for each in running):
        now = [_memory(each) for each in running]
        taken, shown = max(taken, sum(pss for pss, _ in now)), max(shown, sum(rss for _, rss in now))
        time.sleep(PAUSE_S)
    return taken, shown


def _memory(seat: psutil.Popen) -> tuple[int, int]:
    """Proportional (a page that n processes share counts as 1/n) and resident bytes of a process and all it started."""
    pss = rss = 0
    with contextlib.suppress(psutil.Error):
        for process in [seat, *seat.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):  # it has just ended
                found = process.memory_full_info()
                pss, rss = pss + found.pss, rss + found.rss
    return pss, rss


def _end(seat: psutil.Popen) -> None:
    """End a seat that still runs, with all it started."""
    if seat.poll() is None:
        for process in [*seat.children(recursive=True), seat]:
            with contextlib.suppress(psutil.Error):
                process.kill()
    seat.wait()
