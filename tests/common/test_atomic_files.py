"""Files are written whole or not at all, links followed, modes kept; only plain files of ours are replaced."""

import errno
import os
import stat
import subprocess
import sys
import threading

import pytest

from helpers.common import artifacts, atomic_files
from helpers.common.errors import BadInput, BadParameter, SystemRefused, command


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A folder that is not below build/."""
    monkeypatch.setenv("WORKBOOK_BUILD", str(tmp_path / "build"))
    (tmp_path / "theirs").mkdir()
    return tmp_path / "theirs"


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_link_is_followed_and_stays(outside):
    (outside / "real").mkdir()
    (outside / "link.txt").symlink_to("real/p.txt")
    for text in ("new", "newer"):  # first the link dangles
        artifacts.write_text(outside / "link.txt", text)
        assert (outside / "link.txt").is_symlink()
        assert (outside / "real" / "p.txt").read_text() == text


@pytest.mark.parametrize("bits", [0o600, 0o640, 0o664, 0o755])
def test_the_mode_stays(outside, bits):
    path = outside / "main.c"
    path.write_text("old")
    path.chmod(bits)
    artifacts.write_text(path, "new")
    assert (path.read_text(), mode(path)) == ("new", bits)


@pytest.mark.parametrize(("mask", "bits"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_has_the_mode_that_the_umask_leaves(outside, mask, bits):
    before = os.umask(mask)
    try:
        artifacts.write_text(outside / "new.txt", "x")
    finally:
        os.umask(before)
    assert mode(outside / "new.txt") == bits


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_stays(outside):
    path = outside / "main.c"
    path.write_text("old")
    os.chown(path, 1234, 1235)
    artifacts.write_text(path, "new")
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 1235)


def test_where_the_owner_cannot_be_given_away_the_file_itself_is_written(outside, monkeypatch):
    path = outside / "main.c"
    path.write_text("old")
    number = path.stat().st_ino

    def refused(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(atomic_files, "give", refused)
    artifacts.write_text(path, "new")
    assert (path.read_text(), path.stat().st_ino) == ("new", number)
    assert os.listdir(outside) == ["main.c"]


def test_a_read_only_file_is_refused(outside):
    path = outside / "main.c"
    path.write_text("mine")
    path.chmod(0o444)
    with pytest.raises(BadInput, match=r"main.c: is read-only. Make it writable, or name another file"):
        artifacts.write_text(path, "new")
    assert path.read_text() == "mine"


def test_a_folder_is_refused(outside):
    with pytest.raises(BadInput, match="theirs: is a folder, not a file. Name a file"):
        artifacts.write_text(outside, "x")


def test_a_fifo_is_written_to(outside):
    os.mkfifo(outside / "pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append((outside / "pipe").read_bytes()))
    reader.start()
    artifacts.write_text(outside / "pipe", "through")
    reader.join(10)
    assert read == [b"through"]
    assert stat.S_ISFIFO((outside / "pipe").stat().st_mode)


def test_a_device_is_written_to_and_stays():
    before = os.stat("/dev/null").st_ino
    artifacts.write_text("/dev/null", "gone")
    assert (os.stat("/dev/null").st_ino, stat.S_ISCHR(os.stat("/dev/null").st_mode)) == (before, True)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has /dev/full")
def test_a_full_device_is_one_line():
    with pytest.raises(SystemRefused, match="/dev/full: the disk is full. Make room"):
        artifacts.write_text("/dev/full", "x")


def test_a_failure_leaves_nothing_not_even_new_folders(outside):
    with pytest.raises(KeyError), artifacts.replacing(outside / "a" / "b" / "c.txt") as temporary:
        temporary.write_text("half")
        raise KeyError
    assert not list(outside.iterdir())


@pytest.mark.parametrize("length", [200, 255])
def test_a_name_as_long_as_the_disk_allows(outside, length):
    name = "n" * (length - 4) + ".txt"
    artifacts.write_text(outside / name, "x")
    assert os.listdir(outside) == [name]


def test_a_name_that_is_too_long_is_one_line(outside):
    with pytest.raises(SystemRefused, match="the name is too long for this disk. Choose a shorter name"):
        artifacts.write_text(outside / ("n" * 300), "x")


def test_a_folder_that_was_not_made_here_is_refused(outside):
    (outside / "book").mkdir()
    (outside / "book" / "diary.txt").write_text("mine")
    with (
        pytest.raises(BadInput, match=r"book: holds files that the workbook did not make"),
        artifacts.replacing_folder(outside / "book"),
    ):
        raise AssertionError("must not begin")
    assert (outside / "book" / "diary.txt").read_text() == "mine"


def test_a_folder_that_was_made_here_is_replaced(outside):
    for name in ("one", "two"):
        with artifacts.replacing_folder(outside / "book") as fresh:
            (fresh / name).touch()
    assert sorted(os.listdir(outside / "book")) == [atomic_files.MARKER, "two"]
    assert os.listdir(outside) == ["book"]


def test_an_empty_folder_and_a_link_to_one_are_filled(outside):
    (outside / "real").mkdir()
    (outside / "link").symlink_to("real")
    with artifacts.replacing_folder(outside / "link") as fresh:
        (fresh / "page").touch()
    assert (outside / "link").is_symlink()
    assert (outside / "real" / "page").exists()


def test_a_file_in_the_place_of_a_folder_is_refused(outside):
    (outside / "book").write_text("mine")
    with pytest.raises(BadInput, match="is a file, not a folder"):
        artifacts.emptied_folder(outside / "book")
    assert (outside / "book").read_text() == "mine"


def test_below_build_one_marker_is_enough(outside):
    with artifacts.replacing_folder(artifacts.build("samples")) as fresh:
        (fresh / "0.bin").touch()
    assert os.listdir(artifacts.build("samples")) == ["0.bin"]
    assert (artifacts.build() / atomic_files.MARKER).exists()


def test_a_build_folder_of_others_gets_no_marker_and_loses_nothing(outside, monkeypatch):
    monkeypatch.setenv("WORKBOOK_BUILD", str(outside))
    (outside / "book").mkdir()
    (outside / "book" / "novel.txt").write_text("mine")
    artifacts.write_text(artifacts.build("table.json"), "{}")
    assert not (outside / atomic_files.MARKER).exists()
    with pytest.raises(BadInput, match="did not make"):
        artifacts.emptied_folder(artifacts.build("book"))
    assert (outside / "book" / "novel.txt").exists()


def test_an_empty_word_is_no_build_folder(monkeypatch):
    monkeypatch.setenv("WORKBOOK_BUILD", "")
    assert artifacts.build() == artifacts.ROOT / "build"


def test_a_build_folder_that_is_a_file_is_one_line(outside, monkeypatch):
    monkeypatch.setenv("WORKBOOK_BUILD", str(outside / "notes"))
    (outside / "notes").write_text("mine")
    with pytest.raises(BadParameter, match="notes: is a file, but must be the folder for all output"):
        artifacts.write_text(artifacts.build("x"), "x")


def test_what_is_read_is_not_written(outside):
    (outside / "a.png").write_text("image")
    (outside / "link.png").symlink_to("a.png")
    for output in ("a.png", "link.png", "../theirs/a.png"):
        with pytest.raises(BadParameter, match="is both read and written. Name another file to write"):
            atomic_files.check_apart(outside / output, None, outside / "a.png")
    atomic_files.check_apart(outside / "b.png", outside / "a.png")


CAUSES = {
    OSError(errno.ENOSPC, "No space left on device", "build/x"): "build/x: the disk is full. Make room",
    OSError(errno.EROFS, "Read-only file system", "build/x"): "build/x: the disk is read-only. Name another place",
    OSError(errno.EACCES, "Permission denied", "x"): "x: permission denied. Change the permissions",
    OSError(
        errno.ENOTDIR, "Not a directory", "a/b"
    ): "a/b: a part of this path is a file, not a folder. Name another place",
    OSError(errno.ENOSPC, "No space left on device"): "the disk is full. Make room",
    OSError("Unable to create file (errno = 28)\nmore"): "Unable to create file (errno = 28).",
    OSError(9999, "Something new", b"x"): "x: Something new.",
}


@pytest.mark.parametrize("error", CAUSES, ids=str)
def test_a_command_ends_with_one_line_for_what_the_system_refuses(error, capsys):
    @command
    def main(argv):
        raise error

    assert main([]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"error: {CAUSES[error]}")
    assert printed.count("\n") == 1


def test_a_reader_that_has_gone_is_no_error():
    code = (
        "import sys\nfrom helpers.common.errors import command\n@command\ndef main(argv=None):\n"
        "    for n in range(100000): print(n)\nsys.exit(main())"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_a_folder_that_other_tools_read_whole_is_known_by_its_names(outside):
    for count in (3, 2):
        with artifacts.replacing_folder(outside / "samples", r"\d+\.bin") as fresh:
            for number in range(count):
                (fresh / f"{number}.bin").touch()
    assert sorted(os.listdir(outside / "samples")) == ["0.bin", "1.bin"]
    (outside / "samples" / "diary.txt").touch()
    with pytest.raises(BadInput, match="did not make"), artifacts.replacing_folder(outside / "samples", r"\d+\.bin"):
        raise AssertionError("must not begin")
