"""Parcels: what is unpacked in an empty folder compiles with both compilers, and computes on an emulated board what it should."""

import hashlib
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml

from helpers.common import artifacts
from helpers.compiler import driver
from helpers.compiler.profiling import profile
from helpers.firmware import projects
from helpers.firmware.export import archive, cli, kinds
from helpers.hardware import boards, toolchain
from helpers.hardware.emulator.run import run_elf
from helpers.own_network import cli as own_network
from tests import samples

REFERENCE = Path(__file__).parents[2] / "reference"
BUNDLES = {"fast": "ke16z", "small-flash": "ke16z", "plain": "ke16z", "least-ram": "ke16z", "m7": "rt1060"}
COMPILERS = ["zig", pytest.param("gcc", marks=pytest.mark.skipif(
    not toolchain.arm_gcc(), reason="arm-none-eabi-gcc is not installed: parcels are NOT compiled with GCC"))]  # fmt: skip
MAIN = """\
#include "fsl_debug_console.h"
#include "pin_mux.h"
#include "clock_config.h"
#include "board.h"
{peripherals}
#include "{stem}_network.h"

int main(void)
{{
{calls}
  PRINTF("differ %u\\r\\n", {stem}_self_test());
  for (int i = 0; i < {count}; i++) PRINTF("%d ", {stem}_get_{output}()[i]);
  return 0;
}}
"""
CALLS = {
    "ke16z": "  BOARD_InitPins(); BOARD_InitBootClocks(); BOARD_InitDebugConsole();",
    "rt1060": "  BOARD_ConfigMPU(); BOARD_InitBootPins(); BOARD_InitBootClocks(); BOARD_InitDebugConsole();",
}


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """The note's network in these forms, by name."""
    folder = tmp_path_factory.mktemp("bundles")
    request = driver.Request({"N": 1}, profile.read(REFERENCE / "profile.yaml"), convert_placeholders=True)
    graph = driver.compiled_graph(REFERENCE / "MNIST_NXP.onnx", request)
    for name in BUNDLES:
        target = driver.Target("cortex-m7", True) if name == "m7" else driver.Target("cortex-m0plus", form=name)
        driver.emit_bundle(graph, folder / name, "mnist_nxp", target)
    return folder


def unpacked(bundle, kind, folder) -> Path:
    """The folder in which the parcel of a bundle lies, in an empty place."""
    path, _ = cli.make(bundle, kind, folder / f"{kind}.zip")
    with zipfile.ZipFile(path) as found:
        found.extractall(folder / kind)
    (root,) = (folder / kind).iterdir()
    return root


def compiled(parcel, compiler, core, output) -> list[Path]:
    """Every source of a parcel as an object file; a warning is an error."""
    flags = ["-Os", "-g0", "-Wall", "-Wextra", "-Werror", f"-I{parcel / 'include'}", f"-I{parcel / 'src'}"]
    if compiler == "zig":
        head = [
            toolchain.zig(),
            "cc",
            *toolchain.target_flags(core, core == "cortex-m7"),
            "-fno-sanitize=all",
            kinds.OPTIONS,
        ]
    else:
        hard = ["-mfloat-abi=hard", "-mfpu=fpv5-d16"] if core == "cortex-m7" else []
        head = ["arm-none-eabi-gcc", f"-mcpu={core}", "-mthumb", *hard, "-ffunction-sections"]
    output.mkdir()
    made = []
    for source in sorted(parcel.glob("src/*.[cS]")):
        made.append(output / f"{source.stem}.o")
        words = [str(word) for word in [*head, *flags, "-c", source.relative_to(parcel), "-o", made[-1]]]
        done = subprocess.run(words, cwd=parcel, env=toolchain.environment(), capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, done.stderr[:500]
    return made


def on_board(parcel, objects, name, compiler, folder, words) -> list[str]:
    """What a board's own project prints, linked with a parcel's objects."""
    shutil.copytree(artifacts.PROJECTS / name, folder)
    shutil.copytree(artifacts.PROJECTS / "common", folder / "common")
    for path in [*parcel.rglob("*.h"), *objects]:
        shutil.copy(path, folder / "source")
    peripherals = '#include "peripherals.h"' if name == "rt1060" else ""
    words = {"stem": parcel.name, "calls": CALLS[name], "peripherals": peripherals, **words}
    (folder / "source" / "main.c").write_text(MAIN.format(**words))
    for command in projects.build_commands(folder, folder / "out", compiler):
        done = subprocess.run(
            [str(word) for word in command], env=toolchain.environment(), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-800:]
    return run_elf(folder / "out" / f"{name}.elf", name).checked().console.split()


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("form", BUNDLES)
def test_a_parcel_compiles_outside_and_computes_the_same(bundles, tmp_path, form, compiler):
    parcel, name = unpacked(bundles / form, "cmake", tmp_path), BUNDLES[form]
    objects = compiled(parcel, compiler, boards.load(name).core, tmp_path / "objects")
    said = on_board(parcel, objects, name, compiler, tmp_path / "board", {"output": "dense_2", "count": 10})
    expected = re.search(
        r"expected_dense_2 = \{\{\s+([\d, ]+),\s+\}\};", (parcel / "src/mnist_nxp_self_test.c").read_text()
    )
    vector = np.array([int(byte) for byte in expected[1].split(",")], np.uint8).view(np.int8)
    assert said == ["differ", "0", *map(str, vector)]


def test_a_wrong_weight_is_noticed(bundles, tmp_path):
    """The self-test can fail: other weights, other outputs."""
    parcel = unpacked(bundles / "plain", "cmake", tmp_path)
    weights = parcel / "src" / "mnist_nxp.weights.txt"
    weights.write_text(re.sub(r"0X(\w\w)", lambda found: f"0X{int(found[1], 16) ^ 0x10:02X}", weights.read_text()))
    objects = compiled(parcel, "zig", "cortex-m0plus", tmp_path / "objects")
    said = on_board(parcel, objects, "ke16z", "zig", tmp_path / "board", {"output": "dense_2", "count": 10})
    assert said[0] == "differ" and int(said[1]) > 0


@pytest.mark.parametrize("kind", ["zephyr", "arduino"])
def test_the_other_kinds_have_the_same_sources(bundles, tmp_path, kind):
    plain, other = (unpacked(bundles / "fast", each, tmp_path / each) for each in ("cmake", kind))
    for path in [*plain.glob("src/*"), *plain.glob("include/*")]:
        (twin,) = other.rglob(path.name)
        assert twin.read_bytes() == path.read_bytes()
    compiled(other, "zig", "cortex-m0plus", tmp_path / "objects")


def test_a_zephyr_module_is_one(bundles, tmp_path):
    parcel = unpacked(bundles / "fast", "zephyr", tmp_path)
    module = yaml.safe_load((parcel / "zephyr" / "module.yml").read_text())
    assert module == {"name": "mnist_nxp", "build": {"cmake": "zephyr", "kconfig": "zephyr/Kconfig"}}
    kconfig = (parcel / "zephyr" / "Kconfig").read_text()
    assert kconfig.startswith('config MNIST_NXP_NETWORK\n    bool "') and "depends on CPU_CORTEX_M\n" in kconfig
    assert (parcel / "sample" / "prj.conf").read_text() == "CONFIG_MNIST_NXP_NETWORK=y\n"
    listed = re.findall(r"\.\./(src/[^\s)]+)", (parcel / "zephyr" / "CMakeLists.txt").read_text())
    assert {parcel / path for path in listed} == set(parcel.glob("src/*.[cS]"))


@pytest.mark.skipif(
    not toolchain.arm_gcc(), reason="arm-none-eabi-gcc is not installed: CMake parcels are NOT built by CMake"
)
@pytest.mark.parametrize("kind", ["cmake", "zephyr"])
def test_cmake_builds_it(bundles, tmp_path, kind):
    """Zephyr's functions are stood in for by CMake's own, as Zephyr itself is not here."""
    parcel = unpacked(bundles / "fast", kind, tmp_path)
    folder = parcel
    if kind == "zephyr":
        folder = tmp_path / "app"
        folder.mkdir()
        (folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.20)\nproject(app C ASM)\nset(CONFIG_MNIST_NXP_NETWORK y)\n"
            "macro(zephyr_library_named name)\nset(here ${name})\nadd_library(${name} STATIC)\nendmacro()\n"
            "macro(zephyr_include_directories)\ninclude_directories(${ARGN})\nendmacro()\n"
            "macro(zephyr_library_sources)\ntarget_sources(${here} PRIVATE ${ARGN})\nendmacro()\n"
            "macro(zephyr_library_compile_options)\ntarget_compile_options(${here} PRIVATE ${ARGN} -Wall -Werror)\nendmacro()\n"
            f"add_subdirectory({parcel.as_posix()}/zephyr module)\n"
        )
    common = artifacts.PROJECTS / "common"
    for command in projects.build_commands(folder, tmp_path / "out", "gcc", common, {"CORE": "cortex-m0plus"}):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-500:] + done.stderr[-500:]
    assert list((tmp_path / "out").rglob("*.a"))


def test_an_arduino_library_refuses_another_architecture_in_plain_words(bundles, tmp_path):
    parcel = unpacked(bundles / "fast", "arduino", tmp_path)
    properties = dict(line.split("=", 1) for line in (parcel / "library.properties").read_text().splitlines())
    assert {
        "name",
        "version",
        "author",
        "maintainer",
        "sentence",
        "paragraph",
        "category",
        "url",
        "architectures",
    } <= set(properties)
    assert properties["includes"] == "mnist_nxp_network.h" and parcel.name == properties["name"]
    assert (parcel / "examples" / "SelfTest" / "SelfTest.ino").is_file()
    for source in ("mnist_nxp_network.c", "mnist_nxp_kernels.S"):
        words = [
            str(toolchain.zig()),
            "cc",
            "-target",
            "x86_64-linux-musl",
            "-c",
            str(parcel / "src" / source),
            "-o",
            "x.o",
        ]
        done = subprocess.run(words, cwd=tmp_path, env=toolchain.environment(), capture_output=True, text=True)
        assert done.returncode and "this network's code is for Arm Cortex-M0 and M0+" in done.stderr


def test_the_m7s_code_asks_for_dsp_instructions(bundles, tmp_path):
    parcel = unpacked(bundles / "m7", "arduino", tmp_path)
    words = [
        toolchain.zig(),
        "cc",
        *toolchain.target_flags("cortex-m0plus"),
        "-c",
        parcel / "src" / "mnist_nxp.c",
        "-o",
        "x.o",
    ]
    done = subprocess.run(
        [str(word) for word in words], cwd=tmp_path, env=toolchain.environment(), capture_output=True, text=True
    )
    assert done.returncode and "others with DSP instructions: choose a board with one" in done.stderr


def test_several_inputs_and_outputs(tmp_path):
    onnx.save(samples.frame_and_state(), tmp_path / "step.onnx")
    own_network.of_model(tmp_path / "step.onnx", boards.load("ke16z"), "fast", None, tmp_path / "bundle")
    parcel = unpacked(tmp_path / "bundle", "cmake", tmp_path)
    objects = compiled(parcel, "zig", "cortex-m0plus", tmp_path / "objects")
    said = on_board(parcel, objects, "ke16z", "zig", tmp_path / "board", {"output": "scores", "count": 3})
    assert said[:2] == ["differ", "0"] and len(said) == 5


def test_the_same_bundle_gives_the_same_bytes(bundles, tmp_path):
    first, second = (cli.make(bundles / "fast", "arduino", tmp_path / f"{name}.zip")[0] for name in "ab")
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (first, second)]
    assert digests[0] == digests[1]
    with zipfile.ZipFile(first) as found:
        names = found.namelist()
        assert names == sorted(names) and {entry.date_time for entry in found.infolist()} == {archive.DATE}
        assert all(name.startswith("mnist_nxp/") for name in names)


def test_the_command_says_where_it_is_and_replaces_its_own(bundles, build, capsys):
    for _ in range(2):
        assert cli.main([str(bundles / "plain"), "--as", "zephyr"]) == 0
        said = capsys.readouterr().out
        assert said.startswith("build/parcels/mnist_nxp-zephyr.zip: ") and "\n  zephyr/module.yml\n" in said


def test_what_is_not_ours_is_never_overwritten(bundles, tmp_path, capsys):
    theirs = tmp_path / "theirs.zip"
    with zipfile.ZipFile(theirs, "w") as other:
        other.writestr("a", "b")
    text = tmp_path / "text.zip"
    text.write_text("not a zip")
    folder = tmp_path / "folder.zip"
    folder.mkdir()
    for path in (theirs, text, folder):
        before = path.read_bytes() if path.is_file() else None
        assert cli.main([str(bundles / "plain"), "--as", "cmake", "--output", str(path)]) == 2
        line = capsys.readouterr().err
        assert "already exists, and was not made by this command. Name another file with --output" in line
        assert line.count("\n") == 1 and (path.read_bytes() if path.is_file() else None) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.zip", "text.zip", "theirs.zip"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda folder: [path.unlink() for path in folder.glob("*.[cS]")],
            "lacks mnist_nxp.c. Compile the network with the built-in",
        ),
        (lambda folder: (folder / "mnist_nxp.h").unlink(), "holds no header of a bundle"),
        (lambda folder: (folder / "mnist_nxp.weights.txt").unlink(), "lacks mnist_nxp.weights.txt"),
        (lambda folder: (folder / "mnist_nxp.o").write_bytes(b"no"), "is not an ELF object file"),
        (lambda folder: (folder / "mnist_nxp_kernels.S").write_bytes(b"\xff\xfe"), "is no text"),
    ],
)
def test_a_bundle_that_cannot_be_exported_is_one_line(bundles, tmp_path, capsys, spoil, said):
    folder = shutil.copytree(bundles / "fast", tmp_path / "bundle")
    spoil(folder)
    assert cli.main([str(folder), "--as", "cmake", "--output", str(tmp_path / "x.zip")]) == 2
    line = capsys.readouterr().err
    assert said in line and line.count("\n") == 1 and not (tmp_path / "x.zip").exists()


def test_an_output_that_is_no_zip_is_refused(bundles, tmp_path, capsys):
    assert cli.main([str(bundles / "plain"), "--as", "cmake", "--output", str(tmp_path / "x.tar")]) == 2
    assert "--output is a zip file, not 'x.tar'" in capsys.readouterr().err
