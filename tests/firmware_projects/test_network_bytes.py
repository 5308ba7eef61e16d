"""The network's own bytes: what the symbols say, and what building without the network says."""

import pytest

from helpers.firmware import network_bytes
from helpers.firmware import projects as firmware

NETWORK = ("network's code", "constant weights", "input and output", "activations")


@pytest.mark.parametrize("place", [("ke16z", "flash"), ("ke16z", "ram"), ("rt1060", "ram")], ids="-".join)
def test_accounted_and_measured_bytes_agree(on_road, projects, place):
    project = projects[place]
    before = sorted(path.name for path in project.folder.parent.rglob("*"))
    use, measured = firmware.memory_use(project), network_bytes.measure(project)
    for memory, parts in use.items():
        own = sum(parts[name] for name in NETWORK if name in parts)
        assert abs(measured[memory] - own) <= 40, memory  # alignment, and the empty entry point
    assert sorted(path.name for path in project.folder.parent.rglob("*")) == before


def test_there_is_a_stack_and_no_heap(projects):
    ram = firmware.memory_use(projects["ke16z", "ram"])["RAM"]
    assert (ram["room for the stack"], ram["heap"]) == (512, 0)
