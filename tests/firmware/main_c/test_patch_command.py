"""python -m helpers patch, on a project of the reader's own."""

import shutil

import pytest

from helpers.common import artifacts
from helpers.firmware.main_c import cli

EXAMPLE = artifacts.PROJECTS / "rt1060" / "source" / "main.c"
HELLO_WORLD = artifacts.PROJECTS / "ke16z" / "source" / "hello_world.c"
REFERENCE = artifacts.ROOT / "tests" / "reference" / "main_c"
HEADER = """\
#ifndef _GLOW_BUNDLE_MNIST_NXP_H
//   Name: "max_pooling_1_input"
//   Type: i8[S:0.003921569 O:-128][0.000,1.000]<1 x 28 x 28 x 1>
//   Size: 784 (elements)
//   Size: 784 (bytes)
//   Name: "dense_2"
//   Type: i8[S:0.194317207 O:78][-40.029,9.522]<1 x 10>
//   Size: 10 (elements)
//   Size: 10 (bytes)
#define MNIST_NXP_max_pooling_1_input  0
#define MNIST_NXP_dense_2  832
#define MNIST_NXP_CONSTANT_MEM_SIZE  2176
#define MNIST_NXP_MUTABLE_MEM_SIZE  896
#define MNIST_NXP_ACTIVATIONS_MEM_SIZE  1088
#define MNIST_NXP_MEM_ALIGN  64
"""


@pytest.fixture
def line(tmp_path):
    """The options that name a workspace project and a bundle, both in this test's folder."""
    (tmp_path / "project" / "source").mkdir(parents=True)
    shutil.copyfile(EXAMPLE, tmp_path / "project" / "source" / "main.c")
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "mnist_nxp.h").write_text(HEADER)
    return ["--project", str(tmp_path / "project"), "--bundle", str(tmp_path / "bundle")]


def test_a_cortex_m7_project(line, tmp_path, capsys):
    assert cli.main(line) == 0
    assert (tmp_path / "project/source/main.c").read_text() == (REFERENCE / "rt1060-ram.c").read_text()
    assert "step 13: the time is printed in us" in capsys.readouterr().out


def test_a_project_with_a_hello_world_is_a_port(line, tmp_path):
    shutil.copyfile(HELLO_WORLD, tmp_path / "project" / "source" / "hello_world.c")
    assert cli.main([*line, "--weights", "flash"]) == 0
    assert (tmp_path / "project/source/main.c").read_text() == (REFERENCE / "ke16z-flash.c").read_text()


def test_a_dry_run_writes_nothing(line, tmp_path, capsys):
    assert cli.main([*line, "--dry-run"]) == 0
    assert (tmp_path / "project/source/main.c").read_bytes() == EXAMPLE.read_bytes()
    assert "+  int8_t max_val = INT8_MIN;" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (
            "project/source/main.c",
            "project/source: holds no main.c, and no other C files with a network's constantWeight",
        ),
        ("bundle/mnist_nxp.h", "holds no header of a bundle"),
    ],
)
def test_what_is_missing_is_one_line(line, tmp_path, capsys, gone, said):
    (tmp_path / gone).unlink()
    assert cli.main(line) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and said in error and error.count("\n") == 1


WORKSPACE = {
    ".project": "<projectDescription><name>{name}</name></projectDescription>\n",
    ".cproject": "<cproject/>\n",
    "board/board.c": "void BOARD_InitDebugConsole(void) {}\n",
    "source/semihost_hardfault.c": "void HardFault_Handler(void) {}\n",
}


@pytest.mark.parametrize("file", ["main.c", "glow_lenet_mnist.c"])
@pytest.mark.parametrize("name", ["evkmimxrt1170_glow_lenet_mnist_cm7", "my project (2)"])
def test_a_project_of_a_workspace(line, tmp_path, capsys, name, file):
    """Whatever the project is called; its other files stay as they are, and the file's line ends too."""
    project = tmp_path / "workspace" / name
    for path, text in WORKSPACE.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text.replace("{name}", name))
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    (project / "source" / file).write_bytes(EXAMPLE.read_bytes().replace(b"\n", b"\r\n"))
    command = ["--project", str(project), *line[2:]]
    for _ in range(2):  # a second time changes nothing
        assert cli.main(command) == 0
        expected = (REFERENCE / "rt1060-ram.c").read_bytes().replace(b"\n", b"\r\n")
        assert (project / "source" / file).read_bytes() == expected
    assert {path: path.read_bytes() for path in before} == before
    assert len([path for path in project.rglob("*") if path.is_file()]) == len(before) + 1
    shown = capsys.readouterr().out
    assert "(already so)" in shown and "Other objects: add ${ProjDirPath}/source/mnist_nxp.o" in shown


def test_a_folder_that_is_no_project(line, tmp_path, capsys):
    assert cli.main(["--project", str(tmp_path / "nowhere"), *line[2:]]) == 2
    assert "nowhere: holds no folder source. Name a project's folder" in capsys.readouterr().err


def test_two_candidates_are_not_guessed_between(line, tmp_path, capsys):
    source = tmp_path / "project" / "source"
    (source / "main.c").rename(source / "a.c")
    shutil.copyfile(source / "a.c", source / "b.c")
    assert cli.main(line) == 2
    assert "holds no main.c, and 2 other C files" in capsys.readouterr().err
