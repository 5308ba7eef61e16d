"""Collect the outcome of each stage of a grid, even if workers or the scheduler fail."""

import time
from collections.abc import Callable

from distributed import Client, Future, wait

from helpers.workbook.grid.plan import Outcome

TICK = 1.0  # seconds between two looks at the cluster
PATIENCE = 10.0  # seconds without workers until a person is told
ANSWER = 5.0  # seconds for a worker to hand over a result
GIVE_UP = 30.0  # seconds without an answer from the scheduler until its stages are given up
KILLED = "its worker process was killed each time it was tried (out of memory, perhaps); run the same command again"
CANCELLED = "the Dask scheduler cancelled it; run the same command again"
GONE = "the Dask scheduler went away; start it again and run the same command: finished stages are kept"
WAITING = "no Dask workers are left; waiting for one (start it with `dask worker`, or stop with Ctrl+C)"


def outcomes(
    client: Client,
    futures: dict[str, Future],
    parents: dict[str, str | None],
    done: Callable[[Outcome], None],
    say: Callable[[str], None],
) -> dict[str, Outcome]:
    """Wait for every stage; returns name to outcome, in the order of `futures`.

    parents: stage to the stage that it builds on. A stage fails with one line if its worker is killed repeatedly, it is
    cancelled, or its scheduler disappears; stages that build on it fail, too. done: called with each outcome. say: called once
    each time no worker is left for PATIENCE seconds.
    """
    results: dict[str, Outcome] = {}
    watch = _Watch(client, say)
    while left := {name: future for name, future in futures.items() if name not in results}:
        for name, future in left.items():
            parent = results.get(parents[name] or "")
            if outcome := _outcome(name, future, parent):
                results[name] = outcome
                done(outcome)
        left = {name: future for name, future in left.items() if name not in results}
        if left and watch.scheduler_is_gone():
            for name in left:
                results[name] = Outcome(name, GONE)
                done(results[name])
        elif left:
            _wait(list(left.values()))
    return {name: results[name] for name in futures}


def _wait(futures: list[Future]) -> None:
    """Wait until one of the futures changes, at most TICK seconds."""
    try:
        wait(futures, timeout=TICK, return_when="FIRST_COMPLETED")
    except TimeoutError:
        return
    except Exception:  # the connection broke: the next look at the scheduler tells
        time.sleep(TICK)


def _outcome(name: str, future: Future, parent: Outcome | None) -> Outcome | None:
    """Return the outcome of a stage; None while it is running."""
    if future.status == "pending":
        return None
    if parent and parent.error:
        return Outcome(name, f"not run: {parent.error.removeprefix('not run: ')}")
    if future.status in ("cancelled", "lost"):
        return None if future.client.status != "running" else Outcome(name, CANCELLED)
    try:
        if future.status == "finished":
            return future.result(timeout=ANSWER)
        error = future.exception(timeout=ANSWER)
    except TimeoutError:  # the worker that holds the result is busy or gone; the next look tells
        return None
    return Outcome(name, KILLED if type(error).__name__ == "KilledWorker" else f"{type(error).__name__}: {error}")


class _Watch:
    """Watch the scheduler and its workers between two waits."""

    def __init__(self, client: Client, say: Callable[[str], None]):
        self.client, self.say = client, say
        self.answered = self.staffed = time.monotonic()
        self.told = False

    def scheduler_is_gone(self) -> bool:
        """Whether the scheduler has not answered for GIVE_UP seconds, or its connection is closed for good."""
        now = time.monotonic()
        if self.client.status == "closed":
            return True
        if self.client.status == "running":
            self.answered = now
            self._look_for_workers(now)
        return now - self.answered > GIVE_UP

    def _look_for_workers(self, now: float) -> None:
        if self.client.scheduler_info().get("workers"):
            self.staffed, self.told = now, False
        elif now - self.staffed > PATIENCE and not self.told:
            self.say(WAITING)
            self.told = True
