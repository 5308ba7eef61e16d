"""Every option of model-compiler that shapes a bundle's files, in every form: honoured, or refused in one line."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from helpers.compiler import targets
from helpers.compiler.commands import commands
from helpers.hardware import toolchain
from helpers.inference import bundle_header

REFERENCE = Path(__file__).parents[2] / "reference"
FORMS = [
    (None, "plain", "1"),
    *((cpu, form, "1") for cpu in ("cortex-m0", "cortex-m7") for form in targets.of(cpu)),
    ("cortex-m0plus", "fast", "32"),
]
LISTED = re.compile(r"//   Size: (\d+) \(bytes\)\n//   Offset: (\d+) ")
SOURCE = re.compile(r"\bnet_\w+\.[Sc]\b")


@dataclass(frozen=True)
class Case:
    """A form of a core, and a function that compiles the note's network with more options: its folder, None if refused."""

    cpu: str | None
    form: str
    compiled: Callable


@pytest.fixture(scope="module", params=FORMS, ids=lambda each: "-".join(map(str, each)))
def case(request, tmp_path_factory):
    cpu, form, mul_cycles = request.param
    words = [f"-model={REFERENCE / 'MNIST_NXP.onnx'}", f"-load-profile={REFERENCE / 'profile.yaml'}"]
    words += ["-convert-placeholders", "-onnx-define-symbol=N,1", "-network-name=net"]
    if cpu:
        words += ["-target=arm", f"-mcpu={cpu}", f"-mcpu-form={form}", f"-mcpu-multiplier={mul_cycles}"]
    folders = {}

    def compiled(*options: str) -> Path | None:
        if options not in folders:
            folder = tmp_path_factory.mktemp("form") / "bundle"
            status = commands.model_compiler([*words, f"-emit-bundle={folder}", *options])
            folders[options] = folder if status == 0 else None
        return folders[options]

    return Case(cpu, form, compiled)


def names(path) -> set[str]:
    """The names of an object's symbols that have one."""
    with path.open("rb") as file:
        return {symbol.name for symbol in ELFFile(file).get_section_by_name(".symtab").iter_symbols() if symbol.name}


def sections(path) -> dict[str, bytes]:
    """The sections of an object that go into a program, by name, where they hold anything."""
    with path.open("rb") as file:
        kept = (each for each in ELFFile(file).iter_sections() if each["sh_flags"] & 2 and each["sh_size"])
        return {each.name: each.data() for each in kept if not each.name.startswith((".ARM.", ".eh_frame"))}


VERBOSE = ("-bundle-api-verbose", "-llvm-save-asm", "-main-entry-name=infer")
DYNAMIC = ("-bundle-api=dynamic", "-bundle-api-verbose")


def test_verbose_lists_every_byte_of_the_constant_region(case):
    folder = case.compiled(*VERBOSE)
    _, _, constants = (folder / "net.h").read_text().partition("// Constants:\n")
    listed = [(int(offset), int(size)) for size, offset in LISTED.findall(constants)]
    region = (folder / "net.weights.bin").read_bytes()
    rest = bytearray(region)
    for offset, size in listed:
        rest[offset : offset + size] = bytes(size)
    assert listed
    assert len(rest) == bundle_header.in_folder(folder).constant
    assert not any(rest)  # what no entry of the list covers is filling
    assert sum(size for _, size in listed) <= len(region)


def test_verbose_changes_nothing_but_the_comment(case):
    plain, verbose = case.compiled("-main-entry-name=infer"), case.compiled(*VERBOSE)
    one, other = bundle_header.in_folder(plain), bundle_header.in_folder(verbose)
    assert (one.placeholders, one.constant) == (other.placeholders, other.constant)
    for path in plain.iterdir():
        if path.suffix != ".h":
            assert path.read_bytes() == (verbose / path.name).read_bytes()


def test_saved_assembly_is_the_objects(case, tmp_path):
    folder, again = case.compiled(*VERBOSE), tmp_path / "again.S"
    again.write_bytes((folder / "net.s").read_bytes())
    toolchain.compile_object(again, tmp_path / "again.o", case.cpu)
    assert sections(tmp_path / "again.o") == sections(folder / "net.o")


def test_the_entry_point_has_the_name_asked_for(case):
    folder = case.compiled(*VERBOSE)
    assert "infer" in names(folder / "net.o")
    assert bundle_header.in_folder(folder).name == "infer"


def test_the_dynamic_api_is_there_or_refused(case, capsys):
    folder = case.compiled(*DYNAMIC)
    if case.form in ("small-ram", targets.LEAST_RAM):  # which read the input in place
        assert folder is None
        assert "-bundle-api=static" in capsys.readouterr().err
        return
    text = (folder / "net.h").read_text()
    assert "extern struct BundleConfig net_config;" in text
    assert "// Constants:" in text
    assert "net_config" in names(folder / "net.o")
    assert not (folder / "net.weights.txt").exists()


def test_every_source_is_named_in_the_c_file(case):
    """The comment in the .c of a fast form says what the object is made of."""
    folder = case.compiled(*DYNAMIC) or case.compiled(*VERBOSE)
    assert {path.name for path in folder.glob("net_*.[Sc]")} == set(SOURCE.findall((folder / "net.c").read_text()))


def test_debug_information_is_in_the_object(case):
    assert debug_sections(case.compiled("-g") / "net.o")
    assert not debug_sections(case.compiled(*VERBOSE) / "net.o")
    assert str(Path.cwd()).encode() not in (case.compiled("-g") / "net.o").read_bytes()


def debug_sections(path) -> list[str]:
    with path.open("rb") as file:
        return [each.name for each in ELFFile(file).iter_sections() if each.name.startswith(".debug_info")]


def test_position_independent_code_holds_no_address(case):
    with (case.compiled("-relocation-model=pic") / "net.o").open("rb") as file:
        tables = [each for each in ELFFile(file).iter_sections() if each.name.startswith((".rel.text", ".rela.text"))]
        kinds = {entry["r_info_type"] for table in tables for entry in table.iter_relocations()}
    absolute = {2} if case.cpu else {1, 10, 11}  # R_ARM_ABS32; R_X86_64_64, _32, _32S
    assert not kinds & absolute


def test_the_interpreter_emits_no_bundle(case, capsys):
    assert case.compiled("-backend=Interpreter") is None
    assert "-backend=CPU" in capsys.readouterr().err
