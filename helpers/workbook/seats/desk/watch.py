"""In a notebook's kernel: tell the desk how each checkpoint and exercise went. Only where the attendee asked for it.

`python -m helpers lab --desk WHERE --name NAME` sets WORKBOOK_DESK and WORKBOOK_SEAT; without them nothing is watched or sent.
"""

import contextlib
import os
import queue
import threading
import urllib.request
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter
from helpers.workbook.seats.desk import progress, steps
from helpers.workbook.seats.desk.progress import Progress

DESK, SEAT = "WORKBOOK_DESK", "WORKBOOK_SEAT"
SECONDS = 3  # to reach a desk's port


class Watch:
    """Keep a seat's progress in build/desk, and send it to the desk after each step."""

    def __init__(self, seat: str, desk: str):
        self.seat, self.desk, self.notebook = progress.check_name(seat), desk, None
        self.own = artifacts.build("desk")
        self.waiting: queue.Queue[Progress | None] = queue.Queue()
        self.worker = threading.Thread(target=self._work, daemon=True)
        self.worker.start()

    def after(self, result) -> None:
        """IPython's hook after a cell. result: its ExecutionResult."""
        place = steps.find(result.info.raw_cell or "", self.notebook)
        if place is None:
            return
        self.notebook = place.notebook
        if place.step is None:
            return
        error = result.error_before_exec or result.error_in_exec
        now = Progress(self.seat, place.notebook, steps=self._known().steps)
        now = now.after(place.step.name, *_outcome(error, result.result))
        with contextlib.suppress(OSError):  # the desk must never stop a notebook
            progress.write(self.own, now)
        self.waiting.put(now)

    def close(self) -> None:
        """Send what waits, and end."""
        self.waiting.put(None)
        self.worker.join(2 * SECONDS)

    def _known(self) -> Progress:
        with contextlib.suppress(BadInput):
            return progress.read(self.own / progress.file_name(self.seat))
        return Progress(self.seat, self.notebook or "")

    def _work(self) -> None:
        while (latest := self.waiting.get()) is not None:
            with contextlib.suppress(OSError):
                send(latest, self.desk)


def _outcome(error, shown) -> tuple[str, str]:
    """Return the state and the message of a step, from its cell's error or from the exercise's verdict."""
    if error is not None:
        text = str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
        return progress.FAILED, text
    right = getattr(shown, "right", True)
    state = {True: progress.PASSED, None: progress.OPEN}.get(right, progress.FAILED)
    return state, "" if state == progress.PASSED else str(getattr(shown, "text", ""))


def is_port(desk: str) -> bool:
    """Whether a desk is an address, not a folder."""
    return desk.startswith(("http://", "https://"))


def send(seat: Progress, desk: str) -> None:
    """Give a seat's progress to a desk: a folder, or an address such as http://10.0.0.1:8900. Raises OSError."""
    if not is_port(desk):
        progress.write(Path(desk), seat)
        return
    address, headers = f"{desk.rstrip('/')}/progress", {"Content-Type": "application/json"}
    request = urllib.request.Request(address, seat.as_json().encode(), headers, method="POST")
    with urllib.request.urlopen(request, timeout=SECONDS):
        pass


def asked(desk: str, seat: str) -> dict[str, str]:
    """Return the variables that make kernels report; raises BadParameter for a bad name, or one that another seat has."""
    progress.check_name(seat)
    if is_port(desk):
        return {DESK: desk, SEAT: seat}
    folder = Path(desk).absolute()
    if not folder.is_dir():
        raise BadParameter("is no folder", where=desk, remedy="ask where the desk is, or use http://ADDRESS:PORT")
    name = progress.file_name(seat)
    if (folder / name).exists() and not (artifacts.build("desk") / name).exists():
        raise BadParameter(f"the name {seat!r} is taken", where=desk, remedy="choose another")
    return {DESK: str(folder), SEAT: seat}


def begin() -> None:
    """Watch this kernel, if it is one and if it was asked for; `helpers` calls this when a notebook imports it."""
    with contextlib.suppress(ImportError):
        from IPython import get_ipython

        if (shell := get_ipython()) is not None and os.environ.get(SEAT):
            shell.events.register("post_run_cell", Watch(os.environ[SEAT], os.environ[DESK]).after)
