"""Measure the resources of one workshop seat: memory of the largest process, time, and disk."""

import argparse
import dataclasses
import itertools
import os
import subprocess
import sys
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadParameter, ToolFailed, Unsupported, command
from helpers.workbook import road
from helpers.workbook.seats import together

# Runs its arguments and prints the peak memory of the largest process among them: one notebook in a process of its own,
# because the system keeps one figure for all children together.
MEASURE = """import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)"""
MOST_SEATS = 1000
TO_MEGABYTES = 1024 if sys.platform != "darwin" else 1024 * 1024  # getrusage(2): kilobytes, on macOS bytes


@command
def main(argv=None) -> int:
    """python -m helpers seat: run every notebook (quick) and print memory, time and disk; writes build/seat.json."""
    parser = argparse.ArgumentParser(prog="python -m helpers seat", description=main.__doc__)
    parser.add_argument("--only", nargs="+", metavar="NOTEBOOK", help="these alone, by number or name")
    parser.add_argument(
        "--together", nargs="+", type=int, metavar="N", help="measure N seats at once, for each N given"
    )
    if sys.platform == "win32":
        raise Unsupported("memory of a process is not measured on Windows", remedy="measure where the seats will be")
    chosen = parser.parse_args(argv)
    books = road.possible(road.select(road.discover(), chosen.only), chosen.only)
    if chosen.together:
        return _many(books, chosen.together)
    peaks = {book.name: _peak(book) for book in books}
    for name, peak in peaks.items():
        print(f"{name:<32}{peak:>6} MB", flush=True)
    disk = {
        "build": _megabytes(artifacts.build()),
        "environment": _megabytes(Path(sys.prefix)),
        "cache": _megabytes(_cache()),
    }
    for name, size in disk.items():
        print(f"{name:<32}{size:>6} MB on disk")
    artifacts.write_json(artifacts.build("seat.json"), {"peak_megabytes": peaks, "disk_megabytes": disk})
    return 0


def _many(books: list[road.Notebook], counts: list[int]) -> int:
    """Print the memory of several seats together, write build/seats.json, and return the exit status."""
    if not all(1 <= count <= MOST_SEATS for count in counts):
        raise BadParameter(
            f"is {' '.join(map(str, counts))}", where="--together", remedy=f"use numbers from 1 to {MOST_SEATS}"
        )
    found = {}
    for book, count in itertools.product(books, counts):
        peak = together.measure(book, count)
        memory = (
            f"{peak.taken:>7} MB, {peak.taken / count:.0f} a seat; added up without regard to sharing: {peak.shown} MB"
        )
        print(f"{book.name:<32}{count:>4} seats {memory}", flush=True)
        found.setdefault(book.name, []).append(dataclasses.asdict(peak))
    artifacts.write_json(artifacts.build("seats.json"), found)
    return 0


def _peak(book: road.Notebook) -> int:
    """Return MB of the largest process while a notebook runs: its kernel, or a compiler that it starts. Raises ToolFailed."""
    words = [sys.executable, "-m", "helpers", "run", "--quick", "--force", "--no-report", "--only", book.name]
    done = subprocess.run([sys.executable, "-c", MEASURE, *words], cwd=artifacts.ROOT, capture_output=True, text=True)
    if done.returncode:
        raise ToolFailed(done.stderr.strip().splitlines()[-1].removeprefix("error: "), where=book.name)
    return round(int(done.stdout) / TO_MEGABYTES)


def _cache() -> Path:
    return artifacts.ROOT / ".cache"


def _megabytes(folder: Path) -> int:
    """Return the size of a folder's files on disk in MB; a file with several hard links counts once."""
    files = {}
    for place, _, names in os.walk(folder):
        for name in names:
            found = Path(place, name).lstat()
            files[found.st_dev, found.st_ino] = found.st_blocks * 512
    return round(sum(files.values()) / 1e6)
