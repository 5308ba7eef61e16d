"""Counting in C on a core: the tables grow, an exception reaches the caller, and a block's code is analysed once."""

import dataclasses

import pytest

from helpers.hardware.counting import core as counting
from helpers.hardware.counting import edges
from helpers.hardware.emulator import elf
from helpers.hardware.emulator.core import Core
from helpers.hardware.emulator.limits import CHECK_EVERY, Limits
from tests.hardware.emulator.program import KE16Z, assemble

BOARD = dataclasses.replace(KE16Z, peripherals=())
END = "movs r0, #0x18\nldr r1, =0x20026\nbkpt #0xab\n.ltorg\n"


def counted(path, make, limit=100_000_000):
    core = make(BOARD, elf.read(path, BOARD), 1)
    core.run(Limits(limit))
    return core


def test_more_edges_than_there_is_room_for_at_first(tmp_path):
    steps = "\n".join(f"cmp r2, #{n % 3}\nbne 1f\nadds r3, #1\n1:" for n in range(1500))
    path = assemble(
        tmp_path, f"function Reset_Handler\nmovs r2, #3\n2:\n{steps}\nsubs r2, #1\nbeq 3f\nbl 2b\n3:\n{END}"
    )
    compiled, plain = counted(path, counting.core), counted(path, Core)
    assert len(compiled.counter.before) > edges.START < compiled.counter.blocks
    assert (compiled.count, compiled.fetches, compiled.reads) == (plain.count, plain.fetches, plain.reads)


LOOP = f"function Reset_Handler\nldr r2, =1000000\n1: subs r2, #1\nbne 1b\n{END}"


def test_python_is_asked_once_for_each_edge_and_limit(tmp_path, monkeypatch):
    asked = []
    arrive = counting.CompiledCore._on_new_step
    monkeypatch.setattr(
        counting.CompiledCore, "_on_new_step", lambda core, *block: (asked.append(block), arrive(core, *block))
    )
    core = counted(assemble(tmp_path, LOOP), counting.core)
    assert core.count > 3 * CHECK_EVERY - 10
    assert len(asked) < 10


def test_an_exception_reaches_the_caller(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(counting.CompiledCore, "_on_check", interrupt)
    with pytest.raises(KeyboardInterrupt):
        counted(assemble(tmp_path, LOOP), counting.core)
