"""Run the stages of a grid in parallel with Dask: on this machine, or on a cluster that sees the same folders."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from distributed import Client, Future
from distributed.comm.core import CommClosedError

from helpers.common import artifacts
from helpers.common.errors import BadInput
from helpers.workbook import freshness
from helpers.workbook.checks import replay
from helpers.workbook.grid import gather, plan
from helpers.workbook.grid.plan import Outcome

PATIENCE = "10s"  # for the scheduler to answer


def run(
    stages: list[plan.Stage],
    folder: Path,
    workers: int,
    scheduler: str | None,
    done: Callable[[Outcome], None] = lambda outcome: None,
    say: Callable[[str], None] = print,
) -> dict[str, Outcome]:
    """Run the stages, each after its parent, in folder/NAME; one that fails stops only those that build on it.

    workers: processes on this machine. scheduler: address of a Dask scheduler to use instead, whose workers have this project
    in the same place. done: called as each stage ends. say: called with a line about the cluster that a person should read.
    If a worker or scheduler disappears, its stages fail; the others keep their outcomes.
    Raises BadInput if the scheduler does not answer or its workers have another project.
    """
    for stage in stages:
        if stage.parent is None:
            replay.lend(list(stage.books), folder / stage.name)
    client = _client(scheduler, workers)
    try:
        futures: dict[str, Future] = {}
        for stage in stages:
            parent = futures.get(stage.parent) if stage.parent else None
            futures[stage.name] = client.submit(
                _stage, stage.name, plan.command(stage), folder, stage.parent, parent, pure=False
            )
        parents = {stage.name: stage.parent for stage in stages}
        return gather.outcomes(client, futures, parents, done, say)
    finally:
        with contextlib.suppress(OSError, TimeoutError, CommClosedError):
            client.close(timeout=2)


def _stage(name: str, words: list[str], folder: Path, parent: str | None, before: Outcome | None) -> Outcome:
    """Run one stage in its own process: an environment variable names its build folder, and threads would share it."""
    if before and before.error:
        return Outcome(name, f"not run: {before.error.removeprefix('not run: ')}")
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    if parent:
        shutil.copytree(folder / parent, place, dirs_exist_ok=True)
    environment = os.environ | {"WORKBOOK_BUILD": str(place)}
    made = subprocess.run(
        [sys.executable, "-m", "helpers", *words],
        cwd=artifacts.ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if not made.returncode:
        return Outcome(name)
    lines = [line for line in made.stderr.splitlines() if line.strip()] or [f"ended with status {made.returncode}"]
    told = [line for line in lines if line.startswith("error: ")] or lines
    return Outcome(name, told[-1].removeprefix("error: "))


def _client(scheduler: str | None, workers: int) -> Client:
    """Return a client of the scheduler at this address, or of a cluster of processes on this machine."""
    if not scheduler:
        return Client(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address=None,
            host="127.0.0.1",
            memory_limit=0,
            silence_logs="ERROR",
            set_as_default=False,
        )
    try:
        client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise BadInput(
            "no Dask scheduler answers", where=scheduler, remedy="start one with `dask scheduler`"
        ) from error
    digests = client.run(freshness.project_digest)
    if not digests or set(digests.values()) != {freshness.project_digest()}:
        other = ", ".join(sorted(worker for worker, digest in digests.items() if digest != freshness.project_digest()))
        client.close()
        what = f"workers have another state of the project: {other}" if other else "the scheduler has no workers"
        raise BadInput(what, where=scheduler, remedy="start `dask worker` in this project's environment")
    return client
