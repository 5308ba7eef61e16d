"""Write and read UF2 files, which a board with a USB boot loader accepts by drag and drop.

Format: github.com/microsoft/uf2 (README.md). A file is blocks of 512 bytes, each with its own header and address. The RP2040's
boot ROM asks for more (its source, pico-bootrom-rp2040, virtual_disk.c): 256 bytes of payload in every block, a family id,
one kind of memory in a file. It starts a file for SRAM at the lowest address, and one for flash by its first 256 bytes.
"""

import struct
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadInput, MissingInput
from helpers.hardware.boards import Board
from helpers.hardware.emulator import elf

BLOCK, PAYLOAD = 512, 256
MAGICS = (0x0A324655, 0x9E5D5157, 0x0AB16F30)  # two at the start of a block, one at its end
FAMILY_IS_GIVEN = 0x2000
FAMILIES = {
    0xE48BFF56: "RP2040", 0xE48BFF57: "RP2XXX (any address)", 0xE48BFF58: "RP2XXX (data)",
    0xE48BFF59: "RP2350 (Arm, secure)", 0xE48BFF5A: "RP2350 (RISC-V)", 0xE48BFF5B: "RP2350 (Arm, non-secure)",
    0x68ED2B88: "SAMD21", 0x55114460: "SAMD51", 0xADA52840: "nRF52840", 0x4FB2D5BD: "i.MX RT10xx",
}  # fmt: skip
LARGEST_FILE = 64 << 20
FLASH_ORIGIN = 0x1000_0000  # of the RP2040: the boot stage is there


def encode(image: bytes, address: int, family: int) -> bytes:
    """Return the UF2 file that writes `image` to `address`, a multiple of 256; the last block is padded with zeros."""
    pieces = [image[start : start + PAYLOAD].ljust(PAYLOAD, b"\0") for start in range(0, len(image), PAYLOAD)]
    blocks = []
    for number, piece in enumerate(pieces):
        place = address + number * PAYLOAD
        head = struct.pack("<8I", *MAGICS[:2], FAMILY_IS_GIVEN, place, PAYLOAD, number, len(pieces), family)
        blocks.append(head + piece.ljust(BLOCK - 36, b"\0") + struct.pack("<I", MAGICS[2]))
    return b"".join(blocks)


def decode(data: bytes, family: int, where) -> tuple[int, bytes]:
    """Return the address and the bytes that a UF2 file writes, in one piece and in order.

    family: what the file must be for. Raises BadInput for another family, for damaged blocks and for a file with holes.
    """
    if not data or len(data) % BLOCK:
        raise BadInput(f"has {len(data)} bytes, not a multiple of 512: it is no UF2 file, or cut off", where=where)
    count, start, image = len(data) // BLOCK, None, bytearray()
    for number in range(count):
        block = data[number * BLOCK : (number + 1) * BLOCK]
        *magics, flags, place, size, found, total, its_family = struct.unpack_from("<8I", block)
        if (*magics, *struct.unpack_from("<I", block, BLOCK - 4)) != MAGICS:
            raise BadInput(f"is no UF2 file: block {number} lacks its marks", where=where)
        if not flags & FAMILY_IS_GIVEN or its_family != family:
            other = _family(its_family) if flags & FAMILY_IS_GIVEN else "no family that it names"
            raise BadInput(f"is a UF2 file for {other}, not for {_family(family)}", where=where)
        start = place if start is None else start
        if (found, total, size, place) != (number, count, PAYLOAD, start + number * PAYLOAD):
            what = f"block {number} of {count} says {found} of {total}, {size} bytes to {place:#010x}"
            raise BadInput(f"has blocks that are missing or out of order: {what}", where=where)
        image += block[32 : 32 + PAYLOAD]
    return start, bytes(image)


def _family(number: int) -> str:
    return FAMILIES.get(number, f"the family {number:#010x}")


def of_program(path: Path, board: Board) -> bytes:
    """Return the UF2 file of a linked program; gaps are zeros. Raises what elf.read raises, BadInput for a wrong boot stage."""
    segments = [segment for segment in elf.read(path, board).segments if segment.data]
    start = segments[0].physical
    image = bytearray(max(segment.physical + len(segment.data) for segment in segments) - start)
    for segment in segments:
        image[segment.physical - start : segment.physical - start + len(segment.data)] = segment.data
    _check_boot_stage(bytes(image), start, artifacts.shown(path))
    return encode(bytes(image), start, board.uf2_family)


def read(path: Path, board: Board) -> tuple[int, bytes]:
    """Read the address and bytes of a UF2 file for a board; raises MissingInput or BadInput."""
    if not path.is_file():
        raise MissingInput("does not exist", where=artifacts.shown(path), remedy="build the project first")
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput("is larger than 64 MB", where=artifacts.shown(path))
    start, image = decode(path.read_bytes(), board.uf2_family, artifacts.shown(path))
    if not board.flash.holds(start, len(image)):
        what = f"writes {len(image)} bytes to {start:#010x}, which is not where programs of {board.title} lie"
        raise BadInput(what, where=artifacts.shown(path), remedy="name the board that it was built for")
    _check_boot_stage(image, start, artifacts.shown(path))
    return start, image


def _check_boot_stage(image: bytes, start: int, where) -> None:
    """Check that a flash's first 256 bytes end with their checksum; without it the boot ROM does not start the program."""
    if start != FLASH_ORIGIN:
        return
    computed, stored = boot_checksum(image[:252]), int.from_bytes(image[252:256], "little")
    if computed != stored:
        remedy = f"write {computed:#010x} there (firmware_projects/common/rp2040/boot_stage_2.c)"
        raise BadInput(f"has a boot stage whose checksum is {stored:#010x}", where=where, remedy=remedy)


def boot_checksum(data: bytes) -> int:
    """Compute the RP2040 boot ROM's CRC-32 (data sheet, section 2.8.1.3.1): 0x04C11DB7, all ones first, nothing reversed."""
    checksum = 0xFFFF_FFFF
    for byte in data:
        checksum ^= byte << 24
        for _ in range(8):
            checksum = (checksum << 1 & 0xFFFF_FFFF) ^ (0x04C1_1DB7 if checksum >> 31 else 0)
    return checksum
