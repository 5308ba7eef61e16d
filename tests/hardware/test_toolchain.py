"""What compilers say when they stop: whether the machine or the source is at fault."""

import sys

import pytest

from helpers.common.errors import SystemRefused, ToolFailed
from helpers.hardware import toolchain


def _stops_with(printed: str) -> list[str]:
    return [sys.executable, "-c", f"import sys; sys.stderr.write({printed!r}); sys.exit(1)"]


@pytest.mark.parametrize(
    ("printed", "cause"),
    [
        ("error: NoSpaceLeft", "the disk is full"),
        ("error: unable to make temporary file: x", "it cannot make temporary files"),
    ],
)
def test_what_the_machine_refuses_is_no_fault_of_the_source(printed, cause):
    with pytest.raises(SystemRefused, match=f"stopped: {cause}"):
        toolchain.run(_stops_with(printed))


def test_a_fault_of_the_source_is_the_first_line_with_an_error():
    with pytest.raises(ToolFailed, match="stopped: a.c:1:2: error: expected an identifier"):
        toolchain.run(_stops_with("In file a.h\na.c:1:2: error: expected an identifier\n1 error"))
