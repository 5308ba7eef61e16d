"""A board that shows a drive: its program goes there, its answer is shown, and what is wrong is one line."""

import subprocess
import sys
import types

import pytest

from helpers.common import artifacts
from helpers.evaluation import real_board
from helpers.firmware import projects, uf2, uf2_drive
from helpers.hardware import boards


def drive(folder, label="RPI-RP2"):
    """A folder as the boot loader of that name shows it."""
    folder.mkdir(parents=True)
    (folder / "INFO_UF2.TXT").write_text(f"UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: {label}\r\n")
    return folder


@pytest.fixture
def program(build):
    """The folder of a Pico's program where `python -m helpers project` puts it: hello_world, with its UF2 file."""
    output, scratch = build / "own_network" / "mnist-pico-flash" / "Release", build / "scratch"
    for command in projects.build_commands(artifacts.PROJECTS / "pico", scratch, "zig", artifacts.PROJECTS / "common"):
        subprocess.run([str(word) for word in command], check=True, capture_output=True)
    output.mkdir(parents=True)
    (output / "pico.elf").write_bytes((scratch / "pico.elf").read_bytes())
    (output / "pico.uf2").write_bytes(uf2.of_program(output / "pico.elf", boards.load("pico")))
    return output


@pytest.fixture(autouse=True)
def no_port(monkeypatch):
    """No serial port appears on USB, whatever this machine has."""
    monkeypatch.setattr(real_board, "usb_port", lambda seconds: None)


def port(monkeypatch, name, lines):
    """A serial port of that name, which gives these lines."""

    class Port:
        def __init__(self, named, baud, timeout):
            assert (named, baud) == (name, 115200)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def reset_input_buffer(self):
            pass

        def readline(self):
            return lines.pop(0)

    monkeypatch.setitem(sys.modules, "serial", types.SimpleNamespace(Serial=Port))


def test_the_program_goes_to_the_drive(program, tmp_path, monkeypatch, capsys):
    media = drive(tmp_path / "media" / "RPI-RP2")
    monkeypatch.setattr(uf2_drive, "places", lambda: [tmp_path, media])
    assert real_board.main(["pico"]) == 0
    assert (media / "pico.uf2").read_bytes() == (program / "pico.uf2").read_bytes()
    printed = capsys.readouterr().out
    assert "build/own_network/mnist-pico-flash/Release/pico.uf2 copied to" in printed
    assert "no serial port has appeared" in printed and "the LED blinks the class" in printed


@pytest.mark.parametrize("named", [True, False])
def test_its_answer_is_shown_beside_the_emulators(program, tmp_path, monkeypatch, capsys, named):
    """From the port named, or from the one that appears on USB."""
    port(monkeypatch, "COM9", [b"hello world.\r\n", b"Inference time = 7 (us)\r\n"])
    monkeypatch.setattr(real_board, "usb_port", lambda seconds: "COM9")
    words = ["--port", "COM9"] if named else []
    assert real_board.main(["pico", "--drive", str(drive(tmp_path / "d")), *words]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split() for line in shown[1:3]] == [["emulator", "board"], ["hello", "world."] * 2]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([], "no drive RPI-RP2 is mounted. Hold BOOTSEL while you plug Raspberry Pi Pico in, or name the folder"),
        (["RP2350"], "no drive RPI-RP2 is mounted"),
        (["RPI-RP2", "RPI-RP2"], "2 drives RPI-RP2 are mounted. Choose one with --drive"),
    ],
)
def test_no_drive_or_two_are_one_line(program, tmp_path, monkeypatch, capsys, labels, said):
    drives = [drive(tmp_path / "drives" / str(number), label) for number, label in enumerate(labels)]
    monkeypatch.setattr(uf2_drive, "places", lambda: drives)
    assert real_board.main(["pico"]) == 2
    line = capsys.readouterr().err
    assert said in line and line.count("\n") == 1
    assert not list((tmp_path / "drives").rglob("pico.uf2"))


@pytest.mark.parametrize(
    ("label", "said"), [("RP2350", "it is 'RP2350', not RPI-RP2"), (None, "no INFO_UF2.TXT there")]
)
def test_another_drive_is_refused(program, tmp_path, capsys, label, said):
    folder = drive(tmp_path / "d", label) if label else tmp_path
    assert real_board.main(["pico", "--drive", str(folder)]) == 2
    assert said in capsys.readouterr().err
    assert not (folder / "pico.uf2").exists()


def test_a_file_for_another_family_is_refused_and_not_copied(program, tmp_path, capsys):
    (program / "pico.uf2").write_bytes(uf2.encode(bytes(512), 0x20000000, 0xE48BFF59))
    folder = drive(tmp_path / "d")
    assert real_board.main(["pico", "--drive", str(folder)]) == 2
    assert "pico.uf2: is a UF2 file for RP2350 (Arm, secure), not for RP2040" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["INFO_UF2.TXT"]


def test_a_full_drive_is_one_line(program, tmp_path, capsys):
    folder = drive(tmp_path / "d")
    (folder / "pico.uf2").mkdir()
    assert real_board.main(["pico", "--drive", str(folder)]) == 2
    assert "did not take build/own_network/mnist-pico-flash/Release/pico.uf2 (" in capsys.readouterr().err


def test_several_programs_must_be_told_apart(program, tmp_path, capsys):
    other = program.parents[1] / "other-pico-flash" / "Release"
    other.mkdir(parents=True)
    for name in ("pico.elf", "pico.uf2"):
        (other / name).write_bytes((program / name).read_bytes())
    assert real_board.main(["pico"]) == 2
    said = capsys.readouterr().err
    assert "2 programs are there for Raspberry Pi Pico. Choose one with --project: build/own_network/mnist" in said
    folder = drive(tmp_path / "d")
    assert real_board.main(["pico", "--drive", str(folder), "--project", str(other.parent)]) == 0
    assert (folder / "pico.uf2").is_file()


def test_the_places_where_drives_are_mounted_are_looked_at(monkeypatch):
    monkeypatch.setattr(uf2_drive, "_inside", lambda folder: [folder / "RPI-RP2"])
    assert {"/media/RPI-RP2", "/Volumes/RPI-RP2"} <= {path.as_posix() for path in uf2_drive.places()}


def test_the_port_on_usb_is_the_pico_programs(monkeypatch):
    """By vendor and product, which are those in the program's descriptor; without pyserial there is none."""
    monkeypatch.undo()
    listed = [("COM1", None, None), ("COM4", 0x2E8A, 0x0005), ("COM7", 0x1209, 0x0001)]
    ports = [types.SimpleNamespace(device=device, vid=vid, pid=pid) for device, vid, pid in listed]
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "serial", types.ModuleType("serial"))
        patch.setitem(sys.modules, "serial.tools", types.ModuleType("serial.tools"))
        patch.setitem(sys.modules, "serial.tools.list_ports", types.SimpleNamespace(comports=lambda: ports))
        assert real_board.usb_port(0) == "COM7"
        del ports[2]
        assert real_board.usb_port(0) is None
        patch.setitem(sys.modules, "serial.tools.list_ports", None)
        assert real_board.usb_port(0) is None
    text = (artifacts.PROJECTS / "common" / "rp2040" / "usb_console.c").read_text()
    assert "0x09, 0x12, 0x01, 0x00" in text and real_board.USB_CONSOLE == (0x1209, 0x0001)
