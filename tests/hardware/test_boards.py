"""board.toml: what the boards are, and that a wrong file is answered by one line naming the entry."""

import re

import pytest

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter
from helpers.hardware import boards
from helpers.hardware.emulator.devices import peripherals

ALL = boards.all_boards()


def written(tmp_path, old, new):
    """A copy of the KE16Z's board.toml with one thing changed."""
    text = (artifacts.PROJECTS / "ke16z" / "board.toml").read_text()
    assert old in text
    path = tmp_path / "ke16z" / "board.toml"
    path.parent.mkdir()
    path.write_text(text.replace(old, new, 1))
    return path


def test_both_boards_of_the_road_are_there():
    assert {"ke16z", "rt1060"} <= set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_every_fact_has_a_source_that_names_a_document(name):
    board = boards.load(name)
    assert set(board.sources) == set(boards.FACTS_WITH_A_SOURCE)
    assert all(re.search("RM|DS|DDI|SDK|note|guide", source) for source in board.sources.values())


@pytest.mark.parametrize("name", ALL)
def test_every_peripheral_has_a_model(name):
    board = boards.load(name)
    for peripheral in (*board.peripherals, board.uart):
        assert peripherals.model(peripheral)
    assert peripherals.model(board.uart).transmit is not None


def test_table_2_keeps_the_notes_boards():
    assert boards.note_boards() == ["k32l2b", "ke02z40m", "ke04z", "ke16z", "kv11z", "lpc845", "rt1060", "rt1170"]
    assert {"mcxc444", "pico", "pico_flash"} <= set(ALL)


def test_facts_of_the_ke16z():
    board = boards.load("ke16z")
    assert (board.core, board.clock_hz, board.mul_cycles) == ("cortex-m0plus", 48_000_000, 1)
    assert (board.flash.size, board.ram[0].size) == (64 << 10, 8 << 10)
    assert board.ram[0].end == 0x2000_1800
    assert board.table2["ram"] == boards.NoteFigures(25308, 6252, 12.9)


def test_a_region_knows_what_it_holds():
    region = boards.Region("RAM", 0x100, 0x10)
    assert region.holds(0x100, 16)
    assert not region.holds(0x100, 17)
    assert not region.holds(0xFF)
    assert not region.holds(0x110)


def test_names_may_come_as_a_text_with_commas():
    assert boards.named("ke16z, ke04z") == boards.named(["ke16z", "ke04z"]) == ["ke16z", "ke04z"]
    assert boards.named([]) == []
    with pytest.raises(BadParameter, match="there is no board 'foo'"):
        boards.named("ke16z,foo")


def test_an_unknown_board_is_refused_with_the_known_ones():
    with pytest.raises(BadParameter, match="there is no board 'ke17z'. Choose one of k32l2b, ke02z40m, ke04z, ke16z"):
        boards.load("ke17z")
    with pytest.raises(BadParameter):
        boards.load("../ke16z")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('core = "cortex-m0plus"', 'core = "cortex-m4"', "entry core must be one of cortex-m0"),
        ("clock_hz = 48_000_000", "clock_hz = 48", "entry clock_hz must lie in"),
        ("clock_hz = 48_000_000", 'clock_hz = "48 MHz"', "entry clock_hz must be int"),
        ("clock_hz = 48_000_000", "", "entry clock_hz is missing"),
        ("clock_hz = 48_000_000", "clock = 1\nclock_hz = 48_000_000", "entry clock is unknown"),
        ("mul_cycles = 1", "mul_cycles = true", "entry mul_cycles must be int"),
        ("wait_states = 1", "wait_states = -1", "entry flash.wait_states must lie in"),
        ("size = 0x1_0000", "size = 0", "entry flash.size must lie in"),
        ("origin = 0x1FFF_F800", "origin = 0x8000", "makes flash and SRAM overlap"),
        ("code_start = 0x0000_0000", "code_start = 0x1_0000", "entry code_start lies outside the flash"),
        ("[[ram]]", "[ram]", "entry ram must be list"),
        ("gate = [0x4006_51A8, 0x4000_0000]", "gate = [1]", "entry uart.gate must be"),
        ("time_ms = 13.5", "time_ms = -1", "entry table2.flash.time_ms must be a positive number"),
        ("clock_hz = 48_000_000", "in_the_note = 0\nclock_hz = 48_000_000", "entry in_the_note must be bool"),
        ("clock_hz = 48_000_000", "uf2_family = -1\nclock_hz = 48_000_000", "entry uf2_family must lie in"),
        ('core = "RM', 'cores = "RM', "entry sources.core is missing"),
        ('name = "ke16z"', 'name = "ke02z"', "its folder says 'ke16z'"),
        ("[flash]", "[flash", "is not a readable TOML file"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path, old, new, what):
    with pytest.raises(BadInput) as caught:
        boards.read(written(tmp_path, old, new))
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_row_that_the_note_does_not_have_is_empty(tmp_path):
    text = (artifacts.PROJECTS / "ke16z" / "board.toml").read_text()
    start, end = text.index("[table2.ram]"), text.index("[sources]")
    path = written(tmp_path, text[start:end], "")
    assert boards.read(path).table2["ram"] == boards.NoteFigures(None, None, None)


def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path):
    path = tmp_path / "board.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput):
        boards.read(path)
    path.write_text("#" * (boards.SIZE_LIMIT + 1))
    with pytest.raises(BadInput, match="larger than 64 KB"):
        boards.read(path)


def test_a_peripheral_kind_without_a_model_is_refused():
    with pytest.raises(BadInput, match="no peripheral kind 'flux'. Choose one of"):
        peripherals.model(boards.Peripheral("flux", 0, 4))
