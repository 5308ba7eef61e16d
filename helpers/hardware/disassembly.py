"""Shows what a compiler made of a function, for the lessons: the instructions in an Arm object file, as text."""

from pathlib import Path

import capstone
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import SymbolTableSection


def listing(path: Path) -> list[str]:
    """The instructions of an object file's code, one a line; a call shows the name of what is called."""
    with Path(path).open("rb") as stream:
        elf = ELFFile(stream)
        text = next(part for part in elf.iter_sections() if part.name.startswith(".text") and part.data_size)
        calls = _calls(elf, text.name)
        decoder = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
        lines = decoder.disasm(text.data(), 0)
        return [f"{line.mnemonic:10}{calls.get(line.address, line.op_str)}" for line in lines]


def _calls(elf: ELFFile, section: str) -> dict[int, str]:
    """Address to the name that the linker will put in, for every place it has to fill."""
    filled = elf.get_section_by_name(f".rel{section}")
    if not isinstance(filled, RelocationSection):
        return {}
    symbols = elf.get_section(filled["sh_link"])
    assert isinstance(symbols, SymbolTableSection), "relocations name their symbol table (ELF specification, sh_link)"
    return {each["r_offset"]: symbols.get_symbol(each["r_info_sym"]).name for each in filled.iter_relocations()}
