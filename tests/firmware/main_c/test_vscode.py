"""A project of MCUXpresso for VS Code: its CMakeLists.txt gets the object file, once, and nothing else of it changes."""

import shutil
import subprocess
from pathlib import Path

import cmake
import pytest

from helpers.common.errors import BadInput
from helpers.firmware.main_c import cli, vscode
from tests.firmware.main_c.test_patch_command import EXAMPLE, HEADER, HELLO_WORLD, REFERENCE

PACKAGE = """\
# armgcc/CMakeLists.txt of an SDK package
project(hello_world)
add_executable(${MCUX_SDK_PROJECT_NAME} "${ProjDirPath}/../hello_world.c")
target_link_libraries(${MCUX_SDK_PROJECT_NAME} PRIVATE -Wl,--start-group -lm -Wl,--end-group)
"""
WORKSPACE = """\
include(${SdkRootDirPath}/cmake/extension/mcux.cmake)
project(hello_world LANGUAGES C CXX ASM PROJECT_BOARD_PORT_PATH ${board_root}/${board}/demo_apps/hello_world)
include(${SdkRootDirPath}/CMakeLists.txt)
mcux_add_source(SOURCES hello_world.c)"""
LINE = "target_link_libraries(${MCUX_SDK_PROJECT_NAME} PRIVATE ${CMAKE_CURRENT_LIST_DIR}/"


@pytest.fixture
def project(tmp_path):
    """Function: a project with this CMakeLists.txt and its main.c in that folder; its command line and the file."""

    def make(name, text, folder="."):
        root = tmp_path / "project"
        for path in (root / folder, (root / name).parent, tmp_path / "bundle"):
            path.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(EXAMPLE, root / folder / "main.c")
        (tmp_path / "bundle" / "mnist_nxp.h").write_text(HEADER)
        (root / name).write_bytes(text.encode())
        return ["--project", str(root), "--bundle", str(tmp_path / "bundle")], root / name

    return make


@pytest.mark.parametrize(
    ("name", "text", "folder", "path"),
    [
        ("CMakeLists.txt", WORKSPACE, ".", "mnist_nxp.o"),
        ("CMakeLists.txt", WORKSPACE, "source", "source/mnist_nxp.o"),
        ("armgcc/CMakeLists.txt", PACKAGE, ".", "../mnist_nxp.o"),
        ("armgcc/CMakeLists.txt", PACKAGE, "source", "../source/mnist_nxp.o"),
    ],
)
def test_the_object_file_is_linked_once(project, capsys, name, text, folder, path):
    line, lists = project(name, text, folder)
    assert cli.main(line) == 0
    after = lists.read_text()
    assert after.startswith(text) and after.count(f"{LINE}{path})\n") == 1
    assert (lists.parent / path).resolve() == (Path(line[1]) / folder / "mnist_nxp.o").resolve()
    assert (Path(line[1]) / folder / "main.c").read_text() == (REFERENCE / "rt1060-ram.c").read_text()
    said = capsys.readouterr().out
    assert "step 6: the object file mnist_nxp.o: " in said and "links it now" in said and "in VS Code" in said
    assert cli.main(line) == 0
    assert lists.read_text() == after and "links it already" in capsys.readouterr().out


def test_line_ends_and_other_bytes_stay(project):
    text = WORKSPACE.replace("\n", "\r\n") + "\r\n"
    line, lists = project("CMakeLists.txt", text)
    assert cli.main(line) == 0
    after = lists.read_bytes().decode()
    assert after.startswith(text) and after.count("\n") == after.count("\r\n") == text.count("\n") + 3


def test_a_dry_run_writes_nothing(project, capsys):
    line, lists = project("CMakeLists.txt", WORKSPACE)
    assert cli.main([*line, "--dry-run"]) == 0
    assert lists.read_text() == WORKSPACE and "would link it" in capsys.readouterr().out


def test_an_object_file_in_a_comment_does_not_count(project):
    line, lists = project("CMakeLists.txt", WORKSPACE + "\n# mnist_nxp.o\n")
    assert cli.main(line) == 0
    assert LINE in lists.read_text()


def test_a_port_is_patched_as_in_the_ide(project, capsys):
    line, lists = project("CMakeLists.txt", WORKSPACE)
    shutil.copyfile(HELLO_WORLD, lists.with_name("hello_world.c"))
    assert cli.main([*line, "--weights", "flash"]) == 0
    assert lists.with_name("main.c").read_text() == (REFERENCE / "ke16z-flash.c").read_text()
    assert "names hello_world.c, name main.c in its place" in capsys.readouterr().out


def test_a_project_of_the_ide_stays_one(project, capsys):
    line, lists = project("CMakeLists.txt", "project(something_else)\n", "source")
    assert vscode.lists_file(lists.parent) is None
    assert cli.main(line) == 0
    assert lists.read_text() == "project(something_else)\n" and "in the IDE" in capsys.readouterr().out


def test_a_name_that_cmake_would_take_apart_is_one_line(project):
    _, lists = project("CMakeLists.txt", WORKSPACE)
    with pytest.raises(BadInput, match="lies at 'my net.o', which CMake would take apart"):
        vscode.with_object(lists, lists.with_name("my net.o"))


def test_cmake_takes_the_line(project, tmp_path):
    """CMake configures a project with the added line: the path is found from its own folder."""
    text = "cmake_minimum_required(VERSION 3.20)\nproject(p NONE)\nset(MCUX_SDK_PROJECT_NAME p)\n"
    _, lists = project("CMakeLists.txt", text)
    after = vscode.with_object(lists, lists.parent / "mnist_nxp.o").replace("target_link_libraries(", "message(STATUS ")
    lists.write_text(after)
    words = [str(Path(cmake.CMAKE_BIN_DIR) / "cmake"), "-S", str(lists.parent), "-B", str(tmp_path / "out")]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0 and f"{lists.parent.resolve()}/mnist_nxp.o" in done.stdout
