"""ELF files are hostile until checked: each wrong one gives one line, none a traceback or a crash."""

import random
import struct
import time

import pytest

from helpers.common.errors import BadInput, BadParameter, BoardFault, DoesNotFit, MissingInput, WorkbookError
from helpers.hardware.emulator import elf
from helpers.hardware.emulator.run import run_elf

from .program import KE16Z, RT1060, assemble

SOURCE = """
function Reset_Handler
bl work
b .
function work
nop
bx lr
.data
.word 0x11223344
.bss
.space 64
"""
MACHINE, TYPE, PROGRAM_HEADERS, PROGRAM_HEADER_COUNT = 18, 16, 28, 44


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return assemble(tmp_path_factory.mktemp("elf"), SOURCE)


def changed(tmp_path, good, offset, layout, value):
    content = bytearray(good.read_bytes())
    struct.pack_into(layout, content, offset, value)
    path = tmp_path / "changed.elf"
    path.write_bytes(content)
    return path


def test_a_program_is_read(good):
    program = elf.read(good, KE16Z)
    assert [function.name for function in program.functions] == ["Reset_Handler", "work"]
    work = program.symbols["work"].address & ~1
    assert program.function_at(work + 2).name == "work"
    assert program.function_at(0x1000) is None
    line = (good.parent / "program.S").read_text().splitlines().index("nop") + 1
    assert program.place(work) == f"work (program.S:{line})"
    assert program.sizes == elf.Sizes(flash=len(program.segments[0].data) + 4, ram=68, reserved=0)
    assert program.static_end(0x1FFF_F800, 0x2000_1800) == 0x1FFF_F800 + 68


def test_a_missing_file(tmp_path):
    with pytest.raises(MissingInput, match="does not exist. Build the project first"):
        run_elf(tmp_path / "none.elf", KE16Z)


@pytest.mark.parametrize("content", [b"", b"\x7fEL", b"MZ" * 400, b"\x7fELF", b"\x7fELF" + b"\xff" * 100])
def test_what_is_no_elf_file(tmp_path, content):
    path = tmp_path / "wrong.elf"
    path.write_bytes(content)
    with pytest.raises(BadInput):
        run_elf(path, KE16Z)


@pytest.mark.parametrize(
    ("offset", "layout", "value", "what"),
    [
        (MACHINE, "<H", 62, "EM_X86_64"),
        (TYPE, "<H", 1, "ET_REL"),
        (PROGRAM_HEADER_COUNT, "<H", 60_000, "segments"),
        (PROGRAM_HEADERS, "<I", 0xFFFF_FF00, "damaged ELF file"),
        (PROGRAM_HEADER_COUNT, "<H", 0, "nothing to load"),
    ],
)
def test_a_foreign_or_broken_header(tmp_path, good, offset, layout, value, what):
    with pytest.raises(BadInput, match=what):
        run_elf(changed(tmp_path, good, offset, layout, value), KE16Z)


@pytest.mark.parametrize(
    ("field", "value", "kind", "what"),
    [
        (4, 0x7FFF_FFFF, BadInput, "cut off"),
        (8, 0x9000_0000, DoesNotFit, "which FRDM-KE16Z does not have"),
        (12, 0x2000_0000, DoesNotFit, "outside the flash of FRDM-KE16Z"),
        (20, 0x7000_0000, DoesNotFit, "does not have"),
    ],
)
def test_a_segment_that_is_not_the_boards(tmp_path, good, field, value, kind, what):
    header = 52  # the first program header follows the file's
    assert struct.unpack_from("<I", good.read_bytes(), header) == (1,), "the first segment is to be loaded"
    with pytest.raises(kind, match=what):
        run_elf(changed(tmp_path, good, header + field, "<I", value), KE16Z)


def test_a_program_of_another_board_does_not_fit(tmp_path):
    path = assemble(tmp_path, "function Reset_Handler\nb .", RT1060)
    with pytest.raises(DoesNotFit) as refused:
        run_elf(path, KE16Z)
    assert "which FRDM-KE16Z does not have. Choose its own board, or link it for flash from 0x00000000" in str(
        refused.value
    )


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "large.elf"
    with path.open("wb") as file:
        file.truncate(elf.FILE_LIMIT + 1)
    with pytest.raises(BadInput, match="larger than 32 MB"):
        run_elf(path, KE16Z)


def test_a_missing_vector_table_is_a_fault(tmp_path, good):
    program = elf.read(good, KE16Z)
    offset = good.read_bytes().index(program.segments[0].data)
    fault = run_elf(changed(tmp_path, good, offset, "<I", 0), KE16Z).fault
    assert isinstance(fault, BoardFault)
    assert "no vector table at 0x00000000: it holds 0x00000000" in str(fault)
    assert "link FRDM-KE16Z's vector table to there" in str(fault)


def test_every_cut_file_is_refused_or_runs(tmp_path, good):
    content = good.read_bytes()
    path = tmp_path / "cut.elf"
    for length in range(0, len(content), max(1, len(content) // 60)):
        path.write_bytes(content[:length])
        _survives(path)


def test_damaged_files_never_end_in_a_traceback(tmp_path, good):
    content, chance, start = good.read_bytes(), random.Random(1), time.monotonic()
    path = tmp_path / "damaged.elf"
    for _ in range(120):
        damaged = bytearray(content)
        for _ in range(chance.choice((1, 2, 8))):
            damaged[chance.randrange(len(damaged) if chance.random() < 0.5 else 200)] = chance.randrange(256)
        path.write_bytes(damaged)
        _survives(path)
    assert time.monotonic() - start < 60


def _survives(path):
    try:
        run_elf(path, KE16Z, instruction_limit=2000)
    except WorkbookError as error:
        assert "\n" not in str(error)


PRINTED = """
function Reset_Handler
ldr r0, =number
ldr r0, [r0]
ldr r1, =other
ldr r1, [r1]
b .
.section .rodata, "a"
.p2align 2
.type number, %object
.size number, 4
number: .word 1
.data
.type other, %object
.size other, 4
other: .word 2
.bss
.type zeroed, %object
.size zeroed, 4
zeroed: .space 4
"""


def test_data_can_be_replaced_where_it_has_an_initial_value(tmp_path):
    program = elf.read(assemble(tmp_path, PRINTED), KE16Z)
    before = [segment.data for segment in program.segments]
    changed = program.with_data("number", b"abcd").with_data("other", b"efgh")
    assert [segment.data for segment in program.segments] == before, "the program that was read stays as it is"
    flash = b"".join(segment.data for segment in changed.segments)
    number = program.symbols["number"].address - KE16Z.code_start
    assert flash[number : number + 4] == b"abcd" and flash.count(b"efgh") == 1
    assert changed.sizes == program.sizes


@pytest.mark.parametrize(
    ("name", "size", "what"),
    [
        ("none", 4, "it is not there"),
        ("number", 5, "it has 4 bytes"),
        ("zeroed", 4, "no initial value"),
    ],
)
def test_data_that_cannot_be_replaced(tmp_path, name, size, what):
    with pytest.raises(BadParameter, match=what):
        run_elf(assemble(tmp_path, PRINTED), KE16Z, data={name: bytes(size)})
