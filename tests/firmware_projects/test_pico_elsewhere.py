"""The Pico's UF2 files in rp2040js, an emulator that shares nothing with ours: they boot, print, blink, and take our cycles.

npm installs it into .cache/node, once; without node or npm's registry nothing here is checked, and the skip says so.
"""

import itertools
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.evaluation import results
from helpers.firmware import projects as firmware
from helpers.hardware.emulator import elf
from helpers.hardware.emulator.run import run_elf

from .conftest import REFERENCE

PACKAGES = {"rp2040js": "1.4.1", "uf2": "2.0.0"}
BOARDS = ("pico", "pico_flash")
SECONDS = 6  # of the emulated board's time: seven blinks and the pause


@pytest.fixture(scope="module")
def modules():
    """The folder node_modules with these packages in these versions."""
    node, npm = shutil.which("node"), shutil.which("npm")
    folder = artifacts.ROOT / ".cache" / "node"
    if not node or not npm:
        pytest.skip("node and npm are not installed: the Pico's programs are NOT checked in another emulator")
    if any(_version(folder, name) != version for name, version in PACKAGES.items()):
        wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
        folder.mkdir(parents=True, exist_ok=True)
        words = [npm, "install", "--prefix", str(folder), "--no-save", "--no-audit", "--no-fund", *wanted]
        done = subprocess.run(words, capture_output=True, text=True, cwd=folder)
        if done.returncode:
            pytest.skip("npm did not give rp2040js: the Pico's programs are NOT checked in another emulator")
    return folder / "node_modules"


def _version(folder, name) -> str | None:
    path = folder / "node_modules" / name / "package.json"
    return json.loads(path.read_text())["version"] if path.is_file() else None


@pytest.fixture(scope="module")
def made(road):
    """Each of the two boards' projects, built with the road's network, and what our emulator says of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBOOK_BUILD", str(road))
        found = {name: firmware.make(name) for name in BOARDS}
        return {name: (project, run_elf(project.elf, name).checked()) for name, project in found.items()}


@pytest.fixture(scope="module")
def elsewhere(modules, made):
    """What rp2040js says of each UF2 file."""
    return {name: _run(modules, project.elf, project.board) for name, (project, _) in made.items()}


def _run(modules, path, board) -> dict:
    entry = elf.read(path, board).symbols["mnist_nxp"].address & ~1
    program = Path(__file__).with_name("rp2040.cjs")
    words = ["node", str(program), str(modules), str(path.with_suffix(".uf2")), str(entry), str(SECONDS)]
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


@pytest.mark.parametrize("name", BOARDS)
def test_it_prints_the_ten_outputs_and_keras_class(elsewhere, name):
    text = elsewhere[name]["text"].replace("time >", "time =")  # rp2040js 1.4.1 sets COUNTFLAG when SysTick is written
    console = results.read_console(text)
    assert list(console.confidences) == list(np.load(REFERENCE / "logits.profile1.test10k.npz")["logits"][0])
    assert console.top1 == 7
    assert elsewhere[name]["told"] == []


@pytest.mark.parametrize("name", BOARDS)
def test_its_usb_port_tells_the_same_to_whoever_opens_it(elsewhere, name):
    """The host opens the serial port twice; each time the text comes from the beginning."""
    found = elsewhere[name]
    assert found["usbText"] == 2 * found["text"] and found["again"] == len(found["text"])
    assert len(found["descriptors"]) == 67 and found["descriptors"][:4] == [9, 2, 67, 0]


@pytest.mark.parametrize("name", BOARDS)
def test_its_clocks_are_what_board_toml_says(elsewhere, made, name):
    found = elsewhere[name]
    assert found["clkSys"] == found["clkPeri"] == made[name][0].board.clock_hz
    assert abs(found["bauds"][-1] - 115200) < 115


@pytest.mark.parametrize("name", BOARDS)
def test_both_emulators_count_the_same_cycles(elsewhere, made, name):
    """rp2040js leaves out a cycle for LR in each PUSH and for PC in each POP; nothing else differs."""
    found, ours = elsewhere[name], made[name][1].function("mnist_nxp")
    assert found["links"] > 0
    assert found["cycles"] + found["links"] == ours.inclusive_cycles == ours.inclusive_cycles_with_waits


@pytest.mark.parametrize("name", BOARDS)
def test_the_led_blinks_the_class(elsewhere, name):
    on = [at for at, now, before in elsewhere[name]["edges"] if now == 1]
    gaps = [after - before for before, after in itertools.pairwise(on)]
    first = next(index for index, gap in enumerate(gaps) if gap > 1000)
    assert first + 1 == 7  # blinks before the pause
    assert {round(gap / 100) for gap in gaps[:first]} == {5}
    assert round(gaps[first] / 100) == 20


def test_npms_uf2_reads_the_files(elsewhere, made):
    for name, found in elsewhere.items():
        image = made[name][0].elf.with_suffix(".bin").read_bytes()
        assert found["families"] == [0xE48BFF56]
        assert found["blocks"] == -(-len(image) // 256)


def test_a_wrong_checksum_would_be_noticed(modules, made, tmp_path):
    path = tmp_path / "pico_flash.uf2"
    data = bytearray(made["pico_flash"][0].elf.with_suffix(".uf2").read_bytes())
    data[32 + 4] ^= 1
    path.write_bytes(data)
    words = ["node", str(Path(__file__).with_name("rp2040.cjs")), str(modules), str(path), "0", "1"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode and re.search("wrong checksum", done.stderr)
