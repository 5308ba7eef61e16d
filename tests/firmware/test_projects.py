"""The projects: prepared, built, run, and refused in one line where something is wrong."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter, DoesNotFit, MissingInput, ToolFailed
from helpers.compiler import driver
from helpers.compiler.profiling import profile
from helpers.data import images
from helpers.evaluation import results
from helpers.firmware import projects as firmware
from helpers.hardware import boards, toolchain

REFERENCE = Path(__file__).parents[1] / "reference"
PLACES = [(board, weights) for board in ("ke16z", "rt1060") for weights in ("flash", "ram")]
CONSOLE = re.compile(r"(class = \d\r\nConfidence = -?\d+\r\n){10}Top1 class = \d\r\nInference time = \d+ \(us\)\r\n")

# A bundle small enough to see through: it copies its weights to its output.
HEADER = """\
#ifndef _GLOW_BUNDLE_TINY_H
#define _GLOW_BUNDLE_TINY_H
#include <stdint.h>
#define GLOW_MEM_ALIGN(size)  __attribute__((aligned(size)))
#define GLOW_GET_ADDR(base, offset)  (((uint8_t*)(base)) + offset)
//
//   Name: "image"
//   Type: i8[S:1.000000000 O:0][-128.000,127.000]<1 x 28 x 28 x 1>
//   Size: 784 (elements)
//   Size: 784 (bytes)
//   Offset: 0 (bytes)
//
//   Name: "scores"
//   Type: i8[S:1.000000000 O:0][-128.000,127.000]<1 x 10>
//   Size: 10 (elements)
//   Size: 10 (bytes)
//   Offset: 832 (bytes)
//
#define TINY_image  0
#define TINY_scores  832
#define TINY_CONSTANT_MEM_SIZE  64
#define TINY_MUTABLE_MEM_SIZE  896
#define TINY_ACTIVATIONS_MEM_SIZE  {activations}
#define TINY_MEM_ALIGN  64
int tiny(uint8_t *constantWeight, uint8_t *mutableWeight, uint8_t *activations);
#endif
"""
SOURCE = """\
#include <stdint.h>
int tiny(uint8_t *constants, uint8_t *mutables, uint8_t *activations) {
  for (int i = 0; i < 10; i++) mutables[832 + i] = constants[i];
  activations[0] = 1;
  return 0;
}
"""


def save_image() -> Path:
    """The shipped test image as the note's command line converts it."""
    pixels = images.preprocess(
        images.read_png(artifacts.DATA / "current_test_image.png"), "neg128to127", "NHWC", "BGR", np.int8
    )
    return artifacts.write_text(artifacts.build("test_image.inc"), images.to_inc(pixels))


@pytest.fixture(scope="module")
def road(session_build):
    """What the notebooks before have written, in the session's build folder: two bundles and the image."""
    request = driver.Request({"N": 1}, profile.read(REFERENCE / "profile.yaml"), convert_placeholders=True)
    graph = driver.compiled_graph(REFERENCE / "MNIST_NXP.onnx", request)
    driver.emit_bundle(graph, session_build / "bundle_m0", "mnist_nxp", driver.Target("cortex-m0"))
    driver.emit_bundle(graph, session_build / "bundle_m7", "mnist_nxp", driver.Target("cortex-m7", True))
    save_image()


@pytest.fixture(scope="module")
def projects(road):
    """All boards and both places of the weights, built."""
    return {place: firmware.make(place[0], weights=place[1]) for place in PLACES}


@pytest.fixture
def own_road(road, session_build, build):
    """The same bundles and image in this test's own build folder."""
    for name in ("bundle_m0", "bundle_m7"):
        shutil.copytree(session_build / name, build / name)
    save_image()


@pytest.fixture
def tiny(build):
    """Function: a bundle that answers with the scores it is given, needing that many bytes of activations."""

    def make(scores=range(10), activations=64) -> Path:
        folder = build / "bundle_m0"
        folder.mkdir(parents=True)
        (folder / "tiny.h").write_text(HEADER.replace("{activations}", str(activations)))
        (folder / "tiny.weights.txt").write_text("".join(f" 0X{score & 255:02X}," for score in scores) + "\n")
        (build / "tiny.c").write_text(SOURCE)
        toolchain.compile_object(build / "tiny.c", folder / "tiny.o", "cortex-m0plus")
        save_image()
        return folder

    return make


@pytest.mark.parametrize("place", PLACES, ids="-".join)
def test_the_program_prints_what_real_glow_computes(projects, place):
    run = firmware.run(projects[place])
    assert CONSOLE.fullmatch(run.console)
    answer = results.read_console(run.console)
    assert list(answer.confidences) == list(np.load(REFERENCE / "logits.profile1.test10k.npz")["logits"][0])
    assert answer.top1 == 7


@pytest.mark.parametrize("place", PLACES, ids="-".join)
def test_the_printed_time_is_that_of_the_network(projects, place):
    run, board = firmware.run(projects[place]), projects[place].board
    expected = 1e6 * run.function("mnist_nxp").inclusive_cycles_with_waits / board.clock_hz
    assert 0 <= results.read_console(run.console).time_us - expected < 15  # get_time_in_us() takes a few us itself


@pytest.mark.parametrize("place", PLACES, ids="-".join)
def test_flash_and_ram_are_below_the_notes(projects, place):
    run, note = firmware.run(projects[place]), projects[place].board.table2[place[1]]
    assert run.sizes.flash < note.flash_bytes
    assert run.sizes.ram + run.sizes.reserved < note.ram_bytes
    assert run.stack_bytes <= run.sizes.reserved, "the stack outgrows what the linker script keeps for it"


@pytest.mark.parametrize("board", ["ke16z", "rt1060"])
def test_weights_in_ram_cost_their_size_in_ram(projects, board):
    flash, ram = (firmware.run(projects[board, weights]).sizes for weights in ("flash", "ram"))
    assert ram.ram - flash.ram == projects[board, "ram"].header.constant
    assert ram.flash == flash.flash


def test_the_same_project_gives_the_same_bytes(projects, own_road):
    for (board, weights), project in projects.items():
        again = firmware.make(board, weights=weights)
        assert again.elf != project.elf
        for ending in (".elf", ".bin", ".hex"):
            assert again.elf.with_suffix(ending).read_bytes() == project.elf.with_suffix(ending).read_bytes()


@pytest.mark.parametrize("place", PLACES, ids="-".join)
def test_the_source_folder_is_that_of_the_notes_figure(projects, place):
    names = {path.name for path in projects[place].source.parent.iterdir()}
    wanted = {"main.c", "mnist_nxp.h", "mnist_nxp.o", "mnist_nxp.weights.txt", "test_image.inc"}
    assert names == wanted | ({"hello_world.c"} if place[0] == "ke16z" else set())


@pytest.mark.parametrize("place", PLACES, ids="-".join)
def test_every_byte_of_the_memory_is_accounted_for(projects, place):
    sizes, use = firmware.run(projects[place]).sizes, firmware.memory_use(projects[place])
    assert sum(use["flash"].values()) == sizes.flash
    assert sum(use["RAM"].values()) == sizes.ram + sizes.reserved
    assert use["flash"]["constant weights"] == projects[place].header.constant
    assert 2000 < use["flash"]["network's code"] < 9000
    assert ("constant weights" in use["RAM"]) == (place[1] == "ram")


def test_building_again_leaves_nothing_but_its_output(projects):
    project = projects["ke16z", "ram"]
    before = sorted(path.name for path in project.folder.iterdir())
    firmware.build(project)
    assert sorted(path.name for path in project.folder.iterdir()) == before
    assert sorted(path.name for path in project.elf.parent.iterdir()) == ["ke16z.bin", "ke16z.elf", "ke16z.hex"]


@pytest.mark.parametrize("name", boards.all_boards())
def test_linker_script_and_board_facts_agree(name):
    board, script = boards.load(name), (artifacts.PROJECTS / name / "linker.ld").read_text()
    found = {
        region: (int(origin, 16), int(size) * {"K": 1 << 10, "M": 1 << 20}[unit])
        for region, origin, size, unit in re.findall(r"(\w+) \(\w+\) : ORIGIN = (\w+), LENGTH = (\d+)([KM])", script)
    }
    first, *others = board.ram
    assert found.pop("FLASH") == (board.flash.origin, board.flash.size)
    assert found.pop("RAM") == (first.origin, first.size)
    assert found.items() <= {each.name: (each.origin, each.size) for each in others}.items()
    assert len(found) == (board.core == "cortex-m7")  # for large activations


@pytest.mark.parametrize("name", boards.all_boards())
def test_clock_and_board_facts_agree(name):
    header = (artifacts.PROJECTS / name / "clock_config.h").read_text()
    clock = re.search(r"#define BOARD_BOOTCLOCKRUN_CORE_CLOCK (\d+)u", header)
    assert int(clock[1]) == boards.load(name).clock_hz


@pytest.mark.parametrize("scores", [[-128] * 9 + [-127], [-5, -3, -9] + [-100] * 7, [0] * 10])
def test_the_highest_class_is_found_among_negative_outputs_too(tiny, scores):
    run = firmware.run(firmware.make("ke16z", tiny(scores)))
    answer = results.read_console(run.console)
    assert answer.confidences == tuple(scores)
    assert answer.top1 == int(np.argmax(scores))


def test_a_network_too_large_for_the_board_names_the_bytes_that_are_missing(tiny):
    largest = 8192 - 512 - 896 - 784 - 4 - 4 - 8 - 64 + 8  # RAM less stack, mutable, image, pointers, timer, alignment
    missing = []
    for activations in (8192, 8192 + 640):
        shutil.rmtree(artifacts.build("bundle_m0"), ignore_errors=True)
        with pytest.raises(DoesNotFit) as caught:
            firmware.make("ke16z", tiny(activations=activations))
        found = re.search(
            r"ke16z-flash: lacks (\d+) bytes of RAM on FRDM-KE16Z\. Choose a larger board", str(caught.value)
        )
        missing.append(int(found[1]))
    assert missing[1] - missing[0] == 640
    assert abs(missing[0] - (8192 - largest)) < 128
    assert not list(artifacts.build("firmware").glob("*/Release")) + list(
        artifacts.build("firmware").glob("*/.build-*")
    )


def test_a_mistake_in_main_c_is_one_line(tiny):
    project = firmware.prepare("ke16z", tiny())
    firmware.patch(project)
    project.source.write_text(project.source.read_text().replace("init_timer();", "init_tmier();"))
    with pytest.raises(ToolFailed, match=r"ke16z-flash: the build stopped: .*init_tmier") as caught:
        firmware.build(project)
    assert "\n" not in str(caught.value)
    assert not project.elf.parent.exists()


def test_an_unpatched_main_c_does_not_build(tiny):
    with pytest.raises(ToolFailed, match="peripherals.h|lenet_mnist.h"):
        firmware.build(firmware.prepare("ke16z", tiny()))


def test_a_bundle_for_another_core_is_refused(road, session_build):
    save_image()
    with pytest.raises(BadInput, match=r"mnist_nxp\.o: is compiled for Armv7E-M, which FRDM-KE16Z .* cannot run"):
        firmware.prepare("ke16z", session_build / "bundle_m7")
    assert not artifacts.build("firmware").exists()


def test_a_bundle_that_is_not_whole_is_refused(tiny):
    folder = tiny()
    (folder / "tiny.weights.txt").unlink()
    with pytest.raises(MissingInput, match=r"lacks tiny\.weights\.txt"):
        firmware.prepare("ke16z", folder)
    (folder / "tiny.h").unlink()
    with pytest.raises(MissingInput, match="holds no header of a bundle"):
        firmware.prepare("ke16z", folder)


def test_what_the_road_has_not_made_yet_is_named_with_its_notebook(build):
    with pytest.raises(MissingInput, match="notebooks/06_profile_and_compile.ipynb"):
        firmware.prepare("ke16z")


def test_unknown_words_are_refused(tiny):
    folder = tiny()
    with pytest.raises(BadParameter, match="no board 'ke17z'"):
        firmware.prepare("ke17z", folder)
    with pytest.raises(BadParameter, match="weights can lie in flash or ram, not 'rom'"):
        firmware.prepare("ke16z", folder, weights="rom")
    with pytest.raises(BadParameter, match="no compiler 'icc'"):
        firmware.build(firmware.prepare("ke16z", folder), "icc")


def test_running_before_building_is_refused(tiny):
    with pytest.raises(MissingInput, match=r"ke16z\.elf: does not exist\. Build the project first"):
        firmware.run(firmware.prepare("ke16z", tiny()))


def test_hello_world_builds_from_a_shell(tmp_path):
    source = artifacts.PROJECTS / "ke16z"
    for command in firmware.build_commands(source, tmp_path, "zig", source.parent / "common"):
        subprocess.run([str(word) for word in command], check=True, capture_output=True, env=toolchain.environment())
    assert firmware.run_elf(tmp_path / "ke16z.elf", "ke16z").checked().console == "hello world.\r\n"


def test_gcc_is_asked_for_where_it_is_not(tiny, monkeypatch):
    monkeypatch.setitem(os.environ, "PATH", "")
    with pytest.raises(ToolFailed, match="arm-none-eabi-gcc is not installed. Use compiler="):
        firmware.make("ke16z", tiny(), compiler="gcc")


@pytest.mark.skipif(os.name == "nt", reason="there a colon and backslashes are in every path")
@pytest.mark.parametrize("character", [";", ":", "|", "%", "[", '"', "\\"])
def test_a_path_that_stops_every_build_is_refused_before_anything_is_copied(tmp_path, character):
    folder = tmp_path / f"a{character}b"
    with pytest.raises(
        BadInput, match="its path holds .*, where CMake and the compilers stop. Move it to a path without"
    ):
        firmware.assemble(folder / "project", boards.load("ke16z"), "flash", tmp_path, {})
    assert not folder.exists()
