"""What compilers print, said in one line."""

import pytest

from helpers.common.errors import DoesNotFit, ToolFailed
from helpers.firmware import link_errors
from helpers.hardware import boards

LLD = """\
FAILED: [code=1] ke16z.elf
: && zig cc -Werror main.c -o ke16z.elf
ld.lld: error: section '.data' will not fit in region 'RAM': overflowed by 100 bytes
ld.lld: error: section '.bss' will not fit in region 'RAM': overflowed by 2000 bytes
ld.lld: error: section '.stack' will not fit in region 'RAM': overflowed by 2512 bytes
ninja: build stopped: subcommand failed.
"""
GNU = """\
ld: ke16z.elf section `.bss' will not fit in region `RAM'
ld: region `RAM' overflowed by 2512 bytes
collect2: error: ld returned 1 exit status
"""
BOTH = LLD + "ld.lld: error: section '.text' will not fit in region 'FLASH': overflowed by 7 bytes\n"


@pytest.mark.parametrize("output", [LLD, GNU])
def test_missing_bytes_are_those_of_the_whole_program(output):
    error = link_errors.explain(output, boards.load("ke16z"), "build/firmware/ke16z-ram")
    assert isinstance(error, DoesNotFit)
    assert str(error) == (
        "build/firmware/ke16z-ram: lacks 2512 bytes of RAM on FRDM-KE16Z. "
        "Choose a larger board, or place the weights in flash."
    )


def test_both_memories_are_named():
    error = link_errors.explain(BOTH, boards.load("ke16z"), "p")
    assert "lacks 7 bytes of FLASH and 2512 bytes of RAM" in str(error)


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (
            "cc -Werror x.c\nx.c:3:1: error: use of undeclared identifier 'y'\nx.c:9:1: error: z\n",
            "undeclared identifier 'y'",
        ),
        ("ld.lld: error: undefined symbol: lenet_mnist\n>>> referenced by main.c\n", "undefined symbol: lenet_mnist"),
        (
            "main.c:(.text+0x2): undefined reference to `f'\ncollect2: error: ld returned 1\n",
            "undefined reference to `f'",
        ),
        ("CMake Error at zig.cmake:10 (find_program):\n  Could not find ZIG\n\n", "Could not find ZIG"),
        ("objcopy: invalid bfd target\nninja: build stopped: subcommand failed.\n", "objcopy: invalid bfd target"),
        ("", "it printed nothing"),
    ],
)
def test_the_first_error_is_said(output, said):
    error = link_errors.explain(output, boards.load("ke16z"), "p")
    assert isinstance(error, ToolFailed)
    assert said in str(error)
    assert "\n" not in str(error)
    assert "z\n" not in str(error)


def test_a_program_in_sram_lacks_sram():
    output = "ld.lld: error: section '.rodata' will not fit in region 'FLASH': overflowed by 3372 bytes"
    error = link_errors.explain(output, boards.load("pico"), "p", in_ram=())
    assert str(error) == "p: lacks 3372 bytes of SRAM for the program on Raspberry Pi Pico. Choose a larger board."
