"""A grid on a Dask cluster of real processes that are killed, stopped and started again: every stage has its outcome."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import dask
import pytest
from distributed import Client, LocalCluster

from helpers.workbook.grid import gather, plan, run
from helpers.workbook.grid.plan import Stage

FIRST, SECOND, ALONE = Stage("first", None, (), {}), Stage("second", "first", (), {}), Stage("alone", None, (), {})
LOCAL = {"dashboard_address": None, "host": "127.0.0.1", "silence_logs": 50}

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def harmless(monkeypatch):
    """A stage lists the road: a real command of a second or two."""
    monkeypatch.setattr(plan, "command", lambda stage: ["run", "--list"])


@pytest.fixture
def cluster():
    """A cluster of one worker process, which its nanny starts again when it dies."""
    with LocalCluster(n_workers=1, threads_per_worker=1, **LOCAL) as cluster:
        yield cluster


def busy(cluster) -> bool:
    return any(worker.processing for worker in cluster.scheduler.workers.values())


def when_busy(cluster, act) -> threading.Thread:
    """Do something half a second into the first stage."""

    def watch():
        while not busy(cluster):
            time.sleep(0.02)
        time.sleep(0.5)
        act()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def kill_worker(cluster):
    os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)


def test_a_worker_that_is_killed_once_does_its_stage_again(cluster, tmp_path):
    when_busy(cluster, lambda: kill_worker(cluster))
    outcomes = run.run([FIRST, SECOND], tmp_path, 1, cluster.scheduler_address)
    assert [outcome.error for outcome in outcomes.values()] == ["", ""]


def test_a_stage_that_kills_its_worker_fails_in_a_line_and_the_others_are_kept(tmp_path):
    seen = []
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(n_workers=1, threads_per_worker=1, **LOCAL) as cluster,
    ):

        def done(outcome):
            seen.append(outcome)
            if outcome.name == "alone":
                when_busy(cluster, lambda: kill_worker(cluster))

        outcomes = run.run([ALONE, FIRST, SECOND], tmp_path, 1, cluster.scheduler_address, done)
    assert outcomes["first"].error == gather.KILLED
    assert outcomes["second"].error == f"not run: {gather.KILLED}"
    assert outcomes["alone"].error == ""
    assert sorted(outcome.name for outcome in seen) == ["alone", "first", "second"]


def test_a_scheduler_that_goes_away_ends_in_a_line_a_stage(tmp_path, monkeypatch):
    monkeypatch.setattr(gather, "GIVE_UP", 2.0)
    words = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
    ]
    file = tmp_path / "scheduler.json"
    scheduler = subprocess.Popen([*words, "--scheduler-file", str(file)], stderr=subprocess.DEVNULL)
    words = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(file), "--nthreads", "1"]
    worker = subprocess.Popen([*words, "--no-dashboard"], stderr=subprocess.DEVNULL)
    try:
        while not file.exists():
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        seen = []

        def done(outcome):
            seen.append(outcome)
            if outcome.name == "first":
                scheduler.kill()

        _wait_for_a_worker(address)
        outcomes = run.run([FIRST, SECOND], tmp_path, 1, address, done)
    finally:
        scheduler.kill()
        worker.kill()
    assert outcomes["first"].error == ""
    assert outcomes["second"].error == gather.GONE


def _wait_for_a_worker(address: str) -> None:
    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=60)


def test_without_workers_a_person_is_told_and_the_run_goes_on_when_one_comes(tmp_path, monkeypatch):
    monkeypatch.setattr(gather, "PATIENCE", 0.5)
    said = []
    with LocalCluster(n_workers=1, threads_per_worker=1, **LOCAL) as cluster:
        address = cluster.scheduler_address

        def done(outcome):
            if outcome.name == "first":
                cluster.scale(0)

        def say(line):
            said.append(line)
            cluster.scale(1)

        outcomes = run.run([FIRST, SECOND], tmp_path, 1, address, done, say)
    assert [outcome.error for outcome in outcomes.values()] == ["", ""]
    assert said == [gather.WAITING]
