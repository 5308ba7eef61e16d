"""Rewrite a bundle's sources so that GCC, clang and their assemblers accept them without a warning."""

import re
from dataclasses import dataclass
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadInput, MissingInput
from helpers.hardware import boards, object_file
from helpers.inference import bundle_header
from helpers.inference.bundle_header import BundleHeader

LARGEST_FILE = 64 << 20
THUMB_GUARD = """\
#if !defined(__ARM_ARCH_PROFILE) || __ARM_ARCH_PROFILE != 'M'
#error "this network's code is for Arm Cortex-M0 and M0+, and runs on every Cortex-M: choose a board with one"
#endif
"""
DSP_GUARD = """\
#if !defined(__ARM_FEATURE_DSP)
#error "this network's code is for Arm Cortex-M4, M7 and others with DSP instructions: choose a board with one"
#endif
"""


@dataclass(frozen=True)
class Sources:
    """The parts of a bundle that go into a parcel.

    stem: the name of its files. core: its target core. guard: preprocessor lines that reject other cores, "" for
    portable C. files: name to text of each source to compile. interface, weights: the texts of stem.h and stem.weights.txt.
    library: whether the code calls the C library's nearbyintf.
    """

    stem: str
    core: str
    header: BundleHeader
    guard: str
    files: dict[str, str]
    interface: str
    weights: str
    library: bool


def read(folder: Path) -> Sources:
    """Read a bundle's folder; raises MissingInput if it lacks its sources, BadInput if a file is invalid."""
    header, where = bundle_header.in_folder(folder), artifacts.shown(folder)
    file = header.file
    stem = file.stem
    kernels = [f"{stem}_kernels.S", f"{stem}_layers.c"]
    names = [name for name in kernels if (folder / name).is_file()] or [f"{stem}.c"]
    for name in (*names, f"{stem}.o", f"{stem}.weights.txt"):
        if not (folder / name).is_file():
            remedy = "compile the network with the built-in model-compiler: real Glow's bundles have no sources"
            raise MissingInput(f"lacks {name}", where=where, remedy=remedy)
    texts = {name: _text(folder / name) for name in names}
    core = _core(folder / f"{stem}.o")
    guard = _guard(texts)
    return Sources(
        stem=stem, core=core, header=header, guard=guard, interface=_text(file),
        files={name: for_both_compilers(name, text, guard) for name, text in texts.items()},
        weights=_text(folder / f"{stem}.weights.txt"),
        library="nearbyintf" in object_file.undefined(folder / f"{stem}.o"),
    )  # fmt: skip


def _text(path: Path) -> str:
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput("is larger than 64 MB", where=artifacts.shown(path))
    try:
        return path.read_text()
    except UnicodeDecodeError:
        raise BadInput("is no text", where=artifacts.shown(path), remedy="compile the network again") from None


def _core(path: Path) -> str:
    """Return the smallest core that runs an object file; raises BadInput if none of ours does."""
    try:
        object_file.check_core(path, boards.load("ke16z"))
    except BadInput:
        object_file.check_core(path, boards.load("rt1060"))
        return "cortex-m7"
    return "cortex-m0plus"


def _guard(texts: dict[str, str]) -> str:
    if any("smlad" in text or "ldrd" in text for text in texts.values()):
        return DSP_GUARD
    return THUMB_GUARD if any(name.endswith(".S") or "__asm__" in text for name, text in texts.items()) else ""


def for_both_compilers(name: str, text: str, guard: str) -> str:
    """Add the guard to a source's text, and write what only one compiler knows so that the other ignores it."""
    if name.endswith(".S"):
        return f'{guard}{_named_literals(text)}\n    .section .note.GNU-stack, "", %progbits\n'
    text = re.sub(r"^#pragma (clang loop unroll\(full\))$", _pragma(r"\1", "GCC unroll 64"), text, flags=re.M)
    text = re.sub(r"^#pragma (clang loop .*[^)]\)|clang loop unroll\(disable\))$", _pragma(r"\1", ""), text, flags=re.M)
    text = re.sub(
        r"^#pragma (STDC FP_CONTRACT OFF)$", _pragma(r"\1", 'GCC optimize("fp-contract=off")'), text, flags=re.M
    )
    if guard == THUMB_GUARD:  # GCC assembles a Thumb-1 core's inline code in the old syntax unless told otherwise
        text = re.sub(r"__asm__( volatile)?\s*\(", r'__asm__\1(".syntax unified\\n\\t"', text)
    return guard + text


def _pragma(clang: str, gcc: str) -> str:
    other = f"#elif defined(__GNUC__)\n#pragma {gcc}\n" if gcc else ""
    return f"#if defined(__clang__)\n#pragma {clang}\n{other}#endif"


def _named_literals(text: str) -> str:
    """Rewrite `ldr r, =a - b` with an explicit word: GNU's assembler accepts no difference of labels there.

    The word is placed where the assembler would put it: in the next literal pool, or at the end of the section.
    """
    lines, waiting = [], []
    for number, line in enumerate([*text.splitlines(), ""]):
        ends = line.strip() in (".pool", ".ltorg") or line.lstrip().startswith(".section") or number == text.count("\n")
        if ends:
            lines += waiting
            waiting = []
        found = re.fullmatch(r"(\s+ldr \w+, )=(\.L.* - .*)", line)
        if found:
            label = f".Lword_{number}"
            waiting.append(f"    .balign 4\n{label}:\n    .word {found[2]}")
            line = found[1] + label
        lines.append(line)
    return "\n".join(lines)
