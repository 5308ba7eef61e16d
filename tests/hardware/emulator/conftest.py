"""Every program that these tests run is counted twice: in C and in Python, to the same numbers."""

import copy

import pytest

from helpers.hardware.counting import core as counting
from helpers.hardware.emulator.core import Core
from helpers.hardware.emulator.limits import Limits


def facts(core: Core) -> dict:
    """All that a run leaves."""
    counts = (core.count, core.instructions, core.fetches, core.reads, core.idle, core.waits, core.exceptions.handled)
    ends = (core.reason, core.fault, core.fault_pc, bytes(core.console), core.stack_low, core.stack_top)
    blocks = sorted((place, block.passed, block.jumped, block.cycles) for place, block in core.blocks.items())
    profile = core.calls.rows(list(core.blocks.values()), core.count, core.waits, core.scale)
    return {"counts": counts, "ends": ends, "blocks": blocks, "profile": profile, "markers": core.markers}


@pytest.fixture(autouse=True)
def counted_twice(monkeypatch):
    """Whatever asks for a core gets one that compares itself with the one in Python; returns what gives the one in C alone."""
    alone = counting.core

    def core(*arguments):
        again = [copy.deepcopy(each) if hasattr(each, "take") else each for each in arguments]  # a line is read up
        compiled, plain = alone(*arguments), Core(*again)
        assert type(compiled) is counting.CompiledCore, "the hook cannot be compiled on this machine"
        run = compiled.run

        def both(limits):
            run(limits)
            plain.run(Limits(limits.instructions, limits.seconds))
            assert facts(compiled) == facts(plain)

        compiled.run = both
        return compiled

    monkeypatch.setattr(counting, "core", core)
    return alone
