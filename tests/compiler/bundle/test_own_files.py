"""A bundle's folder: the bundle's own files are replaced, all or none, and nothing else is touched."""

import os

import pytest

from helpers.common import file_sets
from helpers.compiler.bundle import own_files
from helpers.compiler.commands import commands
from helpers.inference import bundle_header

OLD = {".c": b'/* The network "a"', ".o": b"old", ".h": b"#ifndef _GLOW_BUNDLE_A_H\n"}
NEW = {".c": b'/* The network "a" again', ".o": b"new", ".weights.bin": b"w", ".h": b"#ifndef _GLOW_BUNDLE_A_H\n//\n"}


@pytest.fixture
def compile_to(save_onnx, node, monkeypatch, tmp_path):
    """Function: compile a small network into a folder; returns the exit status."""
    model = save_onnx([node("Relu", ["x"], ["y"])], {"x": [1, 4]}, ["y"])
    monkeypatch.chdir(tmp_path)

    def run(folder, name="net", *more) -> int:
        return commands.model_compiler([f"-model={model}", f"-emit-bundle={folder}", f"-network-name={name}", *more])

    return run


def contents(folder) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_other_files_stay(compile_to, tmp_path):
    folder = tmp_path / "mine"
    (folder / "source").mkdir(parents=True)
    theirs = {"source/main.c": b"my only copy", "notes.txt": b"thesis", "other.h": b"#pragma once"}
    for name, data in theirs.items():
        (folder / name).write_bytes(data)
    assert compile_to(folder) == compile_to(folder) == 0
    assert theirs.items() <= contents(folder).items()
    assert set(contents(folder)) - set(theirs) == {
        f"net{end}" for end in (".c", ".h", ".o", ".weights.bin", ".weights.txt")
    }
    assert bundle_header.in_folder(folder).name == "net"


def test_two_networks_share_a_folder(compile_to, tmp_path):
    assert compile_to("bundle", "a") == 0
    before = contents(tmp_path / "bundle")
    assert compile_to("bundle", "b") == 0
    assert before.items() < contents(tmp_path / "bundle").items()
    with pytest.raises(bundle_header.BadInput, match=r"holds several bundles \(a.h, b.h\)"):
        bundle_header.in_folder("bundle")
    assert bundle_header.in_folder("bundle/b.h").name == "b"


def test_what_a_former_compilation_left_goes(compile_to, tmp_path):
    assert compile_to("out", "net", "-llvm-save-asm") == 0
    assert (tmp_path / "out" / "net.s").exists()
    assert compile_to("out", "net", "-bundle-api=dynamic") == 0
    assert set(contents(tmp_path / "out")) == {"net.c", "net.h", "net.o", "net.weights.bin"}


def test_the_working_folder_and_a_link_to_a_folder(compile_to, tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "keep").write_text("k")
    (tmp_path / "link").symlink_to("real")
    assert compile_to("link") == 0
    assert (tmp_path / "link").is_symlink()
    assert "net.h" in contents(tmp_path / "real")
    monkeypatch.chdir(tmp_path / "real")
    assert compile_to(".", "here") == 0
    assert {"keep", "net.h", "here.h"} <= set(contents(tmp_path / "real"))


def test_a_file_is_refused(compile_to, tmp_path, capsys):
    (tmp_path / "a_file").write_text("data")
    assert compile_to("a_file") == 2
    assert (
        capsys.readouterr().err
        == "error: a_file: -emit-bundle names a file, not a folder. Name a folder for the bundle.\n"
    )
    assert (tmp_path / "a_file").read_text() == "data"


@pytest.mark.parametrize("name", ["net.c", "net.h", "net.o"])
def test_a_file_of_the_networks_name_that_is_no_bundles_is_refused(compile_to, tmp_path, capsys, name):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("int mine;")
    assert compile_to("out") == 2
    assert f"out/{name}: is there already, and the compiler did not write it" in capsys.readouterr().err
    assert contents(tmp_path / "out") == {name: b"int mine;"}


def test_a_main_c_of_ones_own_beside_a_bundles_header_is_refused(compile_to, tmp_path, capsys):
    """Real Glow writes no .c: one of the network's name is the reader's."""
    assert compile_to("out") == 0
    (tmp_path / "out" / "net.c").write_text("int mine;")
    assert compile_to("out") == 2
    assert (tmp_path / "out" / "net.c").read_text() == "int mine;"


def test_a_failed_compilation_leaves_no_folder(compile_to, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file_sets, "_swap", full)
    assert compile_to("deep/er/out") == 2
    assert not (tmp_path / "deep").exists()


@pytest.mark.parametrize("stop", range(7))
def test_interrupted_anywhere_the_old_set_comes_back(tmp_path, monkeypatch, stop):
    own_files.replace(tmp_path, "a", OLD)
    (tmp_path / "b.o").write_bytes(b"another's")
    before = contents(tmp_path)
    renames, real = iter(range(100)), os.replace

    def interrupted(source, target):
        if next(renames) == stop:
            raise KeyboardInterrupt
        real(source, target)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(os, "replace", interrupted)
        own_files.replace(tmp_path, "a", NEW)
    assert contents(tmp_path) == before
    own_files.replace(tmp_path, "a", NEW)
    assert set(contents(tmp_path)) == {"a.c", "a.o", "a.weights.bin", "a.h", "b.o"}


@pytest.mark.parametrize("stop", range(1, 7))
def test_killed_anywhere_the_folder_says_so_and_the_next_run_mends_it(tmp_path, stop):
    own_files.replace(tmp_path, "a", OLD)
    pid = os.fork()
    if not pid:
        renames, real = iter(range(100)), os.replace

        def killed(source, target):
            if next(renames) == stop:
                os._exit(9)
            real(source, target)

        os.replace = killed
        own_files.replace(tmp_path, "a", NEW)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    with pytest.raises(bundle_header.BadInput, match="was stopped while it replaced a. Run it again"):
        bundle_header.in_folder(tmp_path)
    file_sets.recover(tmp_path, "a")
    assert not file_sets.journal(tmp_path, "a").exists()
    assert {f"a{ending}": data for ending, data in OLD.items()}.items() <= contents(tmp_path).items()
    own_files.replace(tmp_path, "a", NEW)
    kept = {name: data for name, data in contents(tmp_path).items() if not name.startswith(".")}
    assert kept == {f"a{ending}": data for ending, data in NEW.items()}


def test_a_journal_from_outside_names_no_file_elsewhere(tmp_path):
    (tmp_path / "precious").write_text("p")
    (tmp_path / "in").mkdir()
    for text in (
        '{"token": "../x", "had": ["a"], "new": []}',
        '{"token": "1", "had": [], "new": ["../precious"]}',
        "[",
        "{}",
    ):
        file_sets.journal(tmp_path / "in", "a").write_text(text)
        file_sets.recover(tmp_path / "in", "a")
        assert (tmp_path / "precious").read_text() == "p"


def test_modes_and_links_of_a_bundles_files_stay(tmp_path):
    own_files.replace(tmp_path / "out", "a", OLD)
    (tmp_path / "out" / "a.o").rename(tmp_path / "elsewhere.o")
    (tmp_path / "out" / "a.o").symlink_to("../elsewhere.o")
    (tmp_path / "elsewhere.o").chmod(0o600)
    own_files.replace(tmp_path / "out", "a", NEW)
    assert (tmp_path / "out" / "a.o").is_symlink()
    assert (tmp_path / "elsewhere.o").read_bytes() == b"new"
    assert (tmp_path / "elsewhere.o").stat().st_mode & 0o777 == 0o600
