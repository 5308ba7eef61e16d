"""Every board's project: what it prints, what it takes, what its first bytes are, and what it must not forget."""

import dataclasses
import re
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.common.errors import DoesNotFit
from helpers.evaluation import results
from helpers.evaluation.benchmark import shipped
from helpers.firmware import projects as firmware
from helpers.hardware import boards
from helpers.hardware.emulator.run import run_elf
from helpers.inference import bundle_header
from helpers.inference.emulated_bundle import EmulatedBundle

from .conftest import PLACES, TOO_SMALL

REFERENCE = Path(__file__).parents[1] / "reference"
M0_BOARDS = [name for name in boards.all_boards() if boards.load(name).core == "cortex-m0plus"]
WITHOUT_FIGURES = ("ke04z", "mcxc444", "pico", "pico_flash", "rt1170")  # the note has none for them
HELLO_WORLD_BYTES = {"ke04z": 1110, "pico": 2800, "pico_flash": 2880}  # and 1500 elsewhere
CONSOLE = re.compile(r"(class = \d\r\nConfidence = -?\d+\r\n){10}Top1 class = 7\r\nInference time = \d+ \(us\)\r\n")


def words(project, count, offset=0):
    return struct.unpack_from(f"<{count}I", project.elf.with_suffix(".bin").read_bytes(), offset)


def network_ram(header, weights):
    """Bytes of a bundle's regions that lie in RAM."""
    return header.mutable + header.activations + (header.constant if weights == "ram" else 0)


@pytest.mark.parametrize("place", PLACES, ids="-".join)
def test_it_prints_what_real_glow_computes(runs, place):
    assert runs[place].exit == "idle"
    assert CONSOLE.fullmatch(runs[place].console)
    expected = np.load(REFERENCE / "logits.profile1.test10k.npz")["logits"][0]
    assert list(results.read_console(runs[place].console).confidences) == list(expected)


@pytest.mark.parametrize("place", PLACES, ids="-".join)
def test_its_own_clock_tells_the_emulated_time(projects, runs, place):
    run, board = runs[place], projects[place].board
    expected = 1e6 * run.function("mnist_nxp").inclusive_cycles_with_waits / board.clock_hz
    # Rounded down; get_time_in_us() takes some itself.
    assert -1 < results.read_console(run.console).time_us - expected < 25


def test_the_lpc845_waits_for_each_halfword_where_others_wait_for_each_word(road, runs):
    """Straight code is twice as many reads; literals and weights, and what follows an odd jump, are not."""
    waits = {}
    for name in ("ke16z", "lpc845"):
        network = runs[name, "flash"].function("mnist_nxp")
        waits[name] = network.inclusive_cycles_with_waits - network.inclusive_cycles
    assert 1.7 < waits["lpc845"] / waits["ke16z"] < 2
    counted = EmulatedBundle(road / "bundle_m0", fetch_bits=16)
    measured = counted.measure(shipped.image()[None]).with_waits(1)
    assert measured == pytest.approx(
        runs["lpc845", "flash"].function("mnist_nxp").inclusive_cycles_with_waits, rel=0.001
    )


@pytest.mark.parametrize("place", PLACES, ids="-".join)
def test_flash_and_ram_are_below_the_notes(projects, runs, place):
    sizes, note = runs[place].sizes, projects[place].board.table2[place[1]]
    assert runs[place].stack_bytes <= sizes.reserved
    if place[0] not in WITHOUT_FIGURES:
        assert sizes.flash < note.flash_bytes
        assert sizes.ram + sizes.reserved < note.ram_bytes


@pytest.mark.parametrize(
    ("board", "weights", "what"),
    [
        (
            "ke02z40m",
            "ram",
            r"lacks (\d+) bytes of RAM on FRDM-KE02Z40M\. Choose a larger board, or place the weights in flash",
        ),
        ("ke04z", "flash", r"lacks \d+ bytes of FLASH and (\d+) bytes of RAM on FRDM-KE04Z\. Choose a larger board\."),
    ],
)
def test_what_does_not_fit_says_how_many_bytes_are_missing(on_road, road, board, weights, what):
    with pytest.raises(DoesNotFit) as caught:
        firmware.make(board, artifacts.build("bundle_m0"), weights)
    needed = network_ram(bundle_header.read(road / "bundle_m0" / "mnist_nxp.h"), weights) + 784 + 16
    facts, stack = boards.load(board), {"ke02z40m": 512, "ke04z": 256}[board]
    missing = int(re.search(what, str(caught.value))[1])
    assert 0 <= missing - (needed + stack - facts.ram[0].size) < 64  # at most one gap between aligned arrays


def test_table_2_is_complete(on_road, projects):
    made = firmware.make_all(["ke02z40m", "ke04z"])
    assert list(made) == [("ke02z40m", "flash"), ("ke04z", "flash")]
    assert {row.board for row in results.table2(7)} == set(boards.note_boards())
    rows = {(row.board, row.weights): row for row in results.table2(7, boards.all_boards())}
    assert set(rows) == {(name, weights) for name in boards.all_boards() for weights in boards.WEIGHTS}
    assert {place for place, row in rows.items() if row.does_not_fit} == TOO_SMALL
    for place, row in rows.items():
        if place in PLACES:
            assert row.agrees_with_keras and row.network_flash_bytes < row.flash_bytes
            assert row.network_ram_bytes == network_ram(projects[place].header, place[1])
            assert row.form == ("least-ram" if place[0] == "ke04z" else "fast")
            assert (row.time_ratio is None) == (place[0] in WITHOUT_FIGURES)


def test_the_smallest_board_has_stack_to_spare(projects, runs):
    project, run = projects["ke04z", "flash"], runs["ke04z", "flash"]
    assert project.board.ram[0].size == 1024 and project.board.flash.size == 8192
    assert run.stack_free_bytes >= 64
    assert run.sizes.ram + run.stack_bytes + run.stack_free_bytes == 1024
    assert run.sizes.flash <= 8192 and run.sizes.ram + run.sizes.reserved <= 1024


def test_the_smallest_board_lacks_the_bytes_of_its_weights_in_ram(on_road, projects):
    with pytest.raises(DoesNotFit, match=r"ke04z-ram: lacks (\d+) bytes of RAM on FRDM-KE04Z") as caught:
        firmware.make("ke04z", weights="ram")
    sizes = projects["ke04z", "flash"].header
    missing = int(re.search(r"lacks (\d+)", str(caught.value))[1])
    assert 0 <= missing - (sizes.constant + sizes.mutable + sizes.activations + 16 + 256 - 1024) < 8
    assert firmware.refusal("ke04z", "ram").startswith(f"lacks {missing} bytes of RAM")


@pytest.mark.parametrize("name", M0_BOARDS)
def test_hello_world_builds_from_this_folder_alone_and_runs(tmp_path, name):
    common = artifacts.PROJECTS / "common"
    for command in firmware.build_commands(artifacts.PROJECTS / name, tmp_path, "zig", common):
        subprocess.run([str(word) for word in command], check=True, capture_output=True)
    run = run_elf(tmp_path / f"{name}.elf", name).checked()
    assert (run.console, run.exit) == ("hello world.\r\n", "idle")
    assert run.sizes.flash <= HELLO_WORLD_BYTES.get(name, 1500)
    assert run.sizes.ram == (2104 if name.startswith("pico") else 0)  # what blinks, and what is kept for USB


# The flash configuration field: where the security byte is differs, 0xFE opens the part; K32L2B must start from flash.
@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("ke16z", "feffffff"),
        ("kv11z", "feffffff"),
        ("k32l2b", "fe3fffff"),
        ("mcxc444", "fe3fffff"),
        ("ke02z40m", "fffffeff"),
        ("ke04z", "fffffeff"),
    ],
)
def test_a_kinetis_part_is_left_open(projects, name, last):
    image = projects[name, "flash"].elf.with_suffix(".bin").read_bytes()
    assert image[0x400:0x410].hex() == "ff" * 12 + last


@pytest.mark.parametrize("weights", ["flash", "ram"])
def test_the_lpcs_boot_rom_finds_a_valid_program_and_no_protection(projects, weights):
    project = projects["lpc845", weights]
    assert sum(words(project, 8)) % (1 << 32) == 0
    assert words(project, 1, 0x1C) != (0,)
    assert words(project, 1, 0x2FC) == (0xFFFFFFFF,)


@pytest.mark.parametrize("name", [name for name in M0_BOARDS if name != "lpc845"])
def test_other_parts_have_no_checksum(projects, name):
    board = boards.load(name)
    assert words(projects[name, "flash"], 1, board.code_start - board.flash.origin + 0x1C) == (0,)


@pytest.mark.parametrize(("name", "configuration"), [("rt1060", 0), ("rt1170", 0x400)])
def test_the_boot_rom_finds_its_header(projects, name, configuration):
    project, flash = projects[name, "flash"], boards.load(name).flash
    image = project.elf.with_suffix(".bin").read_bytes()
    assert image[configuration : configuration + 4] == b"FCFB"
    assert words(project, 1, configuration + 0x50) == (flash.size,)
    header, entry, *_, itself = words(project, 6, 0x1000)
    assert (header, entry, itself) == (0x412000D1, flash.origin + 0x2000, flash.origin + 0x1000)
    assert entry == boards.load(name).code_start


STOP_KE02_WATCHDOG = "WDOG_TOVAL = 0xFFFF;\n    WDOG_CS1 = CS1_UPDATE;"
FORGOTTEN = [
    ("lpc845", "board.c", "SYSAHBCLKCTRL0 |= UART0;", "0x40064000 is used before its clock is on"),
    ("lpc845", "pin_mux.c", "SYSAHBCLKCTRL0 |= SWM;", "0x4000c000 is used before its clock is on"),
    ("lpc845", "clock_config.c", "PDRUNCFG &= ~SYSPLL_PD;", "not finished"),
    ("k32l2b", "board.c", "SIM_SCGC5 |= SCGC5_LPUART0;", "0x40054008 is used before its clock is on"),
    ("k32l2b", "pin_mux.c", "SIM_SCGC5 |= SCGC5_PORTA;", "0x40049004 is used before its clock is on"),
    ("k32l2b", "clock_config.c", "MCG_C1 = C1_CLKS_HIRC;", "not finished"),
    ("kv11z", "board.c", "SIM_SCGC4 |= SCGC4_UART0;", "0x4006a003 is used before its clock is on"),
    ("kv11z", "pin_mux.c", "SIM_SCGC5 |= SCGC5_PORTB;", "0x4004a040 is used before its clock is on"),
    ("kv11z", "clock_config.c", "MCG_C1 = C1_FRDIV_256;", "not finished"),
    ("kv11z", "board.c", "WDOG_UNLOCK = WDOG_KEY_2;", "configured while it is locked"),
    ("ke02z40m", "board.c", "SIM_SCGC |= SCGC_UART1;", "0x4006b003 is used before its clock is on"),
    ("ke02z40m", "common/ke0x.c", "ICS_C1 = C1_RDIV_256;", "not finished"),
    ("ke02z40m", "common/ke0x.c", STOP_KE02_WATCHDOG, "the watchdog was left on: the part would reset every 4 ms"),
    ("mcxc444", "board.c", "SIM_SCGC5 |= SCGC5_LPUART0;", "0x40054008 is used before its clock is on"),
    ("mcxc444", "clock_config.c", "MCG_C1 = C1_CLKS_HIRC;", "not finished"),
    ("pico", "common/rp2040/uart0.c", "rp2040_release(RESET_UART0);", "0x40034024 is used before its clock is on"),
    (
        "pico",
        "common/rp2040/pins.c",
        "rp2040_release(RESET_IO_BANK0 | RESET_PADS_BANK0);",
        "0x40014004 is used before its clock is on",
    ),
    (
        "pico",
        "common/rp2040/usb_console.c",
        "rp2040_release(RESET_USBCTRL);",
        "0x50100000 is used before its clock is on",
    ),
    ("pico", "common/rp2040/clocks.c", "XOSC_CTRL = XOSC_ENABLE_1_TO_15_MHZ;", "not finished"),
    ("pico_flash", "common/rp2040/clocks.c", "PLL_PWR(base) &= ~(PLL_PD | PLL_VCOPD);", "not finished"),
    (
        "rt1170",
        "clock_config.c",
        "PMU_BIAS_CTRL2 = (PMU_BIAS_CTRL2 & ~BIAS2_SWITCH_MASK) | BIAS2_M7_ON;",
        "not finished",
    ),
]


@pytest.mark.parametrize(("name", "file", "line", "fault"), FORGOTTEN)
def test_a_forgotten_line_is_found(projects, tmp_path, name, file, line, fault):
    folder = tmp_path / name
    shutil.copytree(projects[name, "flash"].folder, folder, ignore=shutil.ignore_patterns("Release"))
    text = (folder / file).read_text()
    assert line in text
    (folder / file).write_text(text.replace(line, ""))
    board = boards.load(name)
    project = firmware.Project(folder, board, "flash", projects[name, "flash"].header)
    firmware.build(project)
    slow = dataclasses.replace(board, clock_hz=board.clock_hz // 10)  # even this short program outlasts a watchdog
    run = run_elf(project.elf, slow, instruction_limit=2_000_000)
    assert fault in str(run.fault)
