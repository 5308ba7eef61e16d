"""The compiled hooks: built once, found again, and done without where they cannot be had."""

import pytest

from helpers.common.errors import ToolFailed
from helpers.hardware import boards, toolchain
from helpers.hardware.counting import core as counting
from helpers.hardware.counting import library
from helpers.hardware.emulator import elf
from helpers.hardware.emulator.core import Core
from tests.hardware.emulator.program import KE16Z, assemble

# What these tests ask for, not what another test of this process has loaded.
load = library.load.__wrapped__


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty folder where the compiler keeps its files."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("ZIG_LOCAL_CACHE_DIR", str(folder))
    return folder


def test_it_is_compiled_once_and_has_both_hooks(cache, monkeypatch):
    assert load().on_block and load().on_read
    (file,) = cache.glob("hook-*")
    monkeypatch.setattr(toolchain, "run", lambda *_: pytest.fail("compiled again"))
    assert load() is not None
    assert list(cache.glob("hook-*")) == [file]


def test_another_source_is_another_file(cache, tmp_path, monkeypatch):
    load()
    changed = tmp_path / "hook.c"
    changed.write_bytes(library.SOURCE.read_bytes() + b"\n")
    monkeypatch.setattr(library, "SOURCE", changed)
    load()
    assert len(list(cache.glob("hook-*"))) == 2


def refuse(*_):
    raise ToolFailed("zig stopped: no such target")


def test_without_a_compiler_there_is_none(cache, monkeypatch):
    monkeypatch.setattr(toolchain, "run", refuse)
    assert load() is None
    assert not list(cache.glob("hook-*"))


def test_a_cache_that_cannot_be_written_is_no_fault(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ZIG_LOCAL_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert load() is None


def test_a_file_that_is_no_library_is_not_used(cache, tmp_path, monkeypatch):
    load()
    (file,) = cache.glob("hook-*")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / file.name).write_bytes(b"no library")
    monkeypatch.setenv("ZIG_LOCAL_CACHE_DIR", str(tmp_path / "damaged"))
    assert load() is None


def test_the_core_in_python_stands_in(tmp_path, monkeypatch):
    program = elf.read(assemble(tmp_path, "function Reset_Handler\nb ."), boards.load("ke16z"))
    assert type(counting.core(KE16Z, program, 0)) is counting.CompiledCore
    monkeypatch.setattr(library, "load", lambda: None)
    assert type(counting.core(KE16Z, program, 0)) is Core
