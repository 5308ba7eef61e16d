"""What the linker scripts say, for every board, and in every way that GNU ld lets a number be written."""

import pytest

from helpers.common.errors import BadInput
from helpers.hardware import boards
from helpers.own_network import fit, linker_facts

SCRIPT = "MEMORY {{\n FLASH (rx) : ORIGIN = 0, LENGTH = 64K\n RAM (rwx) : ORIGIN = 0x20000000, LENGTH = {}\n}}\n{}\n"


@pytest.mark.parametrize("name", boards.all_boards())
def test_every_boards_script_is_understood(name):
    board = boards.load(name)
    facts = linker_facts.read(board)
    assert facts.stack == {"ke04z": 256, "rt1060": 2048, "rt1170": 2048, "pico": 1024, "pico_flash": 1024}.get(
        name, 512
    )
    assert 0 < facts.stack < facts.ram_bytes <= sum(region.size for region in board.ram)
    for region in facts.ram:
        assert any(known.holds(region.origin, region.size) for known in board.ram)
    console = 2048 if name.startswith("pico") else 0  # what is printed, kept for the USB port
    assert facts.stack + console < fit.around(board)[1] < facts.stack + console + 100


@pytest.mark.parametrize(("length", "stack", "bytes_"), [
    ("8K", "__stack_size = 512;", (512, 8192)),
    ("1M", "__stack_size = 2K;", (2048, 1 << 20)),
    ("0x2000", "__stack_size=0x200 ;", (512, 8192)),
    ("8k", "  __stack_size = 1k; /* = 3K; */", (1024, 8192)),
])  # fmt: skip
def test_numbers_may_be_written_as_ld_takes_them(length, stack, bytes_):
    facts = linker_facts.parsed(SCRIPT.format(length, stack))
    assert (facts.stack, facts.ram_bytes) == bytes_
    assert [region.name for region in facts.ram] == ["RAM"]


def test_all_writable_regions_count():
    script = SCRIPT.format("128K", "__stack_size = 2K;").replace(
        "}", " OCRAM (rwx) : ORIGIN = 0x20200000, LENGTH = 768K\n}"
    )
    facts = linker_facts.parsed(script)
    assert facts.ram_bytes == 896 * 1024
    assert facts.lacking(100 << 10, 90 << 10) == {"RAM": -(28 << 10)}  # one region is enough
    assert facts.lacking(228 << 10, 200 << 10) == {"RAM": -(100 << 10), "OCRAM": -(568 << 10)}
    assert facts.lacking(928 << 10, 800 << 10) == {"RAM": 0, "OCRAM": 32 << 10}


@pytest.mark.parametrize(("script", "said"), [
    ("__stack_size = 512;", "has no writable region"),
    (SCRIPT.format("8K", "/* __stack_size = 512; */"), "does not set __stack_size"),
    (SCRIPT.format("8K", "__stack_size = 2 * big;"), "does not set __stack_size"),
])  # fmt: skip
def test_what_is_missing_is_one_line_with_a_remedy_that_works(script, said):
    with pytest.raises(BadInput, match=said) as raised:
        linker_facts.parsed(script, "linker.ld")
    line = raised.value.remedy.removeprefix("add a line such as ")
    mended = script + "\n" + line if "__stack" in line else f"MEMORY {{\n{line}\n}}\n{script}"
    assert linker_facts.parsed(mended).stack
