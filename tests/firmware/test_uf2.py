"""UF2 files: written as the format says, read back, and refused in one line where they are not what they should be."""

import struct
import subprocess

import pytest

from helpers.common import artifacts
from helpers.common.errors import BadInput, MissingInput
from helpers.firmware import projects, uf2
from helpers.hardware import boards

RP2040 = 0xE48BFF56
PICO, FROM_FLASH = boards.load("pico"), boards.load("pico_flash")


def test_a_block_is_what_the_format_says():
    data = uf2.encode(bytes(range(256)) + b"end", 0x20000000, RP2040)
    assert len(data) == 1024
    for number, (address, payload) in enumerate([(0x20000000, bytes(range(256))), (0x20000100, b"end" + bytes(253))]):
        block = data[512 * number : 512 * (number + 1)]
        assert block[:8] == b"UF2\n\x57\x51\x5d\x9e" and block[-4:] == b"\x30\x6f\xb1\x0a"
        assert struct.unpack_from("<6I", block, 8) == (0x2000, address, 256, number, 2, RP2040)
        assert block[32:288] == payload and not any(block[288:508])


def test_what_was_written_is_read_back(tmp_path):
    image = bytes(range(256)) * 5
    path = tmp_path / "x.uf2"
    path.write_bytes(uf2.encode(image, 0x20000000, RP2040))
    assert uf2.read(path, PICO) == (0x20000000, image)


def damaged(change) -> bytes:
    data = bytearray(uf2.encode(bytes(700), 0x20000000, RP2040))
    change(data)
    return bytes(data)


def put(offset, value):
    return lambda data: struct.pack_into("<I", data, offset, value)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "has 0 bytes, not a multiple of 512"),
        (damaged(lambda data: data.pop()), "has 1535 bytes, not a multiple of 512"),
        (damaged(put(0, 1)), "is no UF2 file: block 0 lacks its marks"),
        (damaged(put(512 + 508, 1)), "block 1 lacks its marks"),
        (damaged(put(28, 0xE48BFF59)), "is a UF2 file for RP2350 (Arm, secure), not for RP2040"),
        (damaged(put(28, 0x1234)), "is a UF2 file for the family 0x00001234, not for RP2040"),
        (damaged(put(8, 0)), "is a UF2 file for no family that it names, not for RP2040"),
        (damaged(lambda data: data.__delitem__(slice(512, 1024))), "missing or out of order: block 0 of 2 says 0 of 3"),
        (damaged(put(512 + 12, 0x20000000)), "block 1 of 3 says 1 of 3, 256 bytes to 0x20000000"),
        (damaged(put(16, 476)), "block 0 of 3 says 0 of 3, 476 bytes"),
        (uf2.encode(bytes(256), 0x20030000, RP2040), "which is not where programs of Raspberry Pi Pico lie"),
        (uf2.encode(bytes(256), 0x10000000, RP2040), "which is not where programs of Raspberry Pi Pico lie"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path, data, what):
    path = tmp_path / "x.uf2"
    path.write_bytes(data)
    with pytest.raises(BadInput) as caught:
        uf2.read(path, PICO)
    assert what in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingInput, match=r"x\.uf2: does not exist. Build the project first"):
        uf2.read(tmp_path / "x.uf2", PICO)


def test_the_checksum_is_the_one_of_crc_32_mpeg_2():
    assert uf2.boot_checksum(b"123456789") == 0x0376E6E7


@pytest.mark.parametrize("compiler", ["zig", "gcc"])
def test_the_boot_stage_has_its_checksum(tmp_path, compiler):
    if compiler == "gcc" and not projects.toolchain.arm_gcc():
        pytest.skip("arm-none-eabi-gcc is not installed: its boot stage is NOT checked")
    folder, common = artifacts.PROJECTS / "pico_flash", artifacts.PROJECTS / "common"
    for command in projects.build_commands(folder, tmp_path, compiler, common):
        subprocess.run([str(word) for word in command], check=True, capture_output=True)
    stage = (tmp_path / "pico_flash.bin").read_bytes()[:256]
    assert int.from_bytes(stage[252:], "little") == uf2.boot_checksum(stage[:252])
    data = uf2.of_program(tmp_path / "pico_flash.elf", FROM_FLASH)
    start, image = uf2.decode(data, RP2040, "x")
    assert start == 0x10000000 and image.startswith((tmp_path / "pico_flash.bin").read_bytes())


def test_a_boot_stage_with_another_checksum_is_refused(tmp_path):
    path = tmp_path / "x.uf2"
    path.write_bytes(uf2.encode(b"\1" * 512, 0x10000000, RP2040))
    with pytest.raises(BadInput, match=r"has a boot stage whose checksum is 0x01010101. Write 0x\w{8} there"):
        uf2.read(path, FROM_FLASH)
