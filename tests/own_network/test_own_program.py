"""Any bundle in a board's project: the console shows its outputs and its time, or one line says what is wrong."""

import dataclasses
import re

import numpy as np
import onnx
import pytest

from helpers.common.errors import BadInput, BadParameter, DoesNotFit, MissingInput
from helpers.compiler import driver
from helpers.evaluation.verify import integers
from helpers.firmware import projects
from helpers.hardware.emulator import elf
from helpers.inference import bundle_header
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.own_network import fit, program
from tests import samples

from .conftest import SAMPLES


def expected(graph) -> list[int]:
    return list(integers.reference(graph, integers.fed(graph, SAMPLES[:1]))[0])


def test_the_board_prints_what_numpy_computes_and_the_networks_time(graph, project):
    run = projects.run(project)
    answer = program.answer(project, run.console)
    assert (
        answer.outputs.dtype == np.int8 and list(answer.outputs) == expected(graph) and len(set(expected(graph))) == 3
    )
    network = 1e6 * run.function("start").inclusive_cycles_with_waits / project.board.clock_hz
    assert 0 <= answer.microseconds - network < 15  # get_time_in_us() takes a few us itself
    assert run.stack_bytes <= run.sizes.reserved


@pytest.mark.parametrize(("form", "board"), [("least-ram", "ke04z"), ("plain", "rt1060")])
def test_other_forms_and_boards_give_the_same(graph, integer_bundle, build, form, board):
    built = program.make(board, integer_bundle(form), SAMPLES[0], build / "project")
    assert list(program.answer(built, projects.run(built).console).outputs) == expected(graph)
    assert built.header.input.in_place == (form == "least-ram")


@pytest.mark.parametrize("reuse", [False, True])
def test_large_activations_go_to_the_second_region_of_ram(reuse, build, tmp_path):
    """96 x 96 x 16 bytes between two layers are more than the DTCM has; inputs that are overwritten go with them."""
    given = np.random.default_rng(8).normal(size=(1, 1, 96, 96)).astype(np.float32)
    onnx.save(samples.convolution_and_mean(16), tmp_path / "large.onnx")
    graph = integers.graph(tmp_path / "large.onnx", {}, given, integers.DEFAULT)
    driver.emit_bundle(
        graph, build / "bundle", "net", driver.Target("cortex-m7", True, form="plain", reuse_inputs=reuse)
    )
    built = program.make("rt1060", build / "bundle", given, build / "project")
    run = projects.run(built)
    dtcm, _, ocram = built.board.ram
    symbol = elf.read(built.elf, built.board).symbols["mutableWeight" if reuse else "activations"]
    large = built.header.mutable if reuse else built.header.activations
    assert dtcm.size < large == symbol.size and ocram.holds(symbol.address, symbol.size)
    wanted = integers.reference(graph, integers.fed(graph, given))[0].ravel()
    assert list(program.answer(built, run.console).outputs) == list(wanted)
    measured = fit.measured(build / "bundle", built.board, "plain", 1)
    assert measured.fits and not dataclasses.replace(measured, activations_bytes=0).fits


def test_floats_are_printed_in_every_bit(float_bundle, build):
    built = program.make("ke16z", float_bundle, SAMPLES[1], build / "project")
    console = projects.run(built).console
    outputs = EmulatedBundle(float_bundle).run(SAMPLES[1:2])[0]
    assert list(program.answer(built, console).outputs) == list(outputs) and (outputs < 0).any()
    for index, value in enumerate(outputs):
        assert f"Output {index} = 0x{value.view(np.uint32):08x} ({value:.3f})\r\n" in console


def test_what_does_not_fit_lacks_so_many_bytes(integer_bundle, build):
    bundle = integer_bundle()
    header = next(bundle.glob("*.h"))
    header.write_text(header.read_text().replace("MUTABLE_MEM_SIZE      ", "MUTABLE_MEM_SIZE      9"))
    with pytest.raises(
        DoesNotFit, match=r"^.*project: lacks \d+ bytes of RAM on FRDM-KE16Z\. Choose a larger board\.$"
    ):
        program.make("ke16z", bundle, SAMPLES[0], build / "project")
    assert not (build / "project" / "Release").exists()


@pytest.mark.parametrize(("sample", "said"), [
    (np.zeros(5), "input x: takes 6 finite numbers, and got 5"), (np.full(6, np.nan), "takes 6 finite numbers"),
])  # fmt: skip
def test_a_sample_that_is_not_the_networks(integer_bundle, build, sample, said):
    with pytest.raises(BadInput, match=said):
        program.prepare("ke16z", integer_bundle(), sample, build / "project")
    assert not (build / "project").exists()


def test_numbers_are_stored_as_the_placeholder_holds_them(graph, project, float_bundle):
    found = program.stored(project.header.input, SAMPLES[2])
    assert (found == integers.fed(graph, SAMPLES[2:3])).all() and found.dtype == np.int8
    floats = program.stored(bundle_header.read(float_bundle / "net.h").input, SAMPLES[2])
    assert (floats == SAMPLES[2]).all() and floats.dtype == np.float32


def test_other_mistakes_are_one_line(integer_bundle, build, tmp_path):
    bundle = integer_bundle()
    with pytest.raises(BadParameter, match="weights can lie in"):
        program.prepare("ke16z", bundle, SAMPLES[0], build / "project", "rom")
    with pytest.raises(MissingInput, match="absent: is no folder of a bundle"):
        program.prepare("ke16z", tmp_path / "absent", SAMPLES[0], build / "project")
    with pytest.raises(BadParameter, match="z is of no use. Give an array for each of x."):
        program.prepare("ke16z", bundle, {"x": SAMPLES[0], "z": SAMPLES[0]}, build / "project")
    header = bundle / "net.h"
    third = '// Name: "z"\n// Type: i8<1>\n// Size: 1 (elements)\n// Size: 1 (bytes)\n#define NET_z 0\n'
    header.write_text(header.read_text() + third)
    with pytest.raises(BadInput, match="does not say which of x, y, z are inputs"):
        program.prepare("ke16z", bundle, SAMPLES[0], build / "project")


@pytest.mark.parametrize("kind", ["integers", "floats"])
def test_several_inputs_and_outputs(kind, build, tmp_path):
    onnx.save(samples.frame_and_state(), tmp_path / "step.onnx")
    inputs = fit.random_inputs(tmp_path / "step.onnx", {}, 3)
    graph = driver.compiled_graph(tmp_path / "step.onnx", driver.Request())
    if kind == "integers":
        graph = integers.graph(tmp_path / "step.onnx", {}, inputs, integers.DEFAULT)
    driver.emit_bundle(graph, tmp_path / "bundle", "net", driver.Target("cortex-m0plus"))
    built = program.make(
        "ke16z", tmp_path / "bundle", {name: each[0] for name, each in inputs.items()}, build / "project"
    )
    console = projects.run(built).console
    assert re.findall(r"^(\w+) \d", console, re.MULTILINE) == ["scores"] * 3 + ["next_state"] * 4
    found = program.answer(built, console).outputs
    expected = EmulatedBundle(tmp_path / "bundle").run(integers.fed(graph, inputs))
    assert list(found) == ["scores", "next_state"]
    for name, numbers in found.items():
        assert numbers.dtype == expected[name].dtype and (numbers == expected[name][0]).all()


@pytest.mark.parametrize("console", ["", "Output 0 = 1\r\nInference time = 7 (us)\r\n", "Output 0 = 1\r\n" * 3])
def test_another_console_is_no_answer(project, console):
    with pytest.raises(BadInput, match="not 3 outputs and the time"):
        program.answer(project, console)


@pytest.mark.parametrize("form", ["fast", "small-ram", "plain"])
def test_a_network_that_overwrites_its_input(graph, form, build, tmp_path):
    target = driver.Target("cortex-m0plus", form=form, reuse_inputs=True)
    driver.emit_bundle(graph, tmp_path / "bundle", "net", target, entry="start")
    built = program.make("ke16z", tmp_path / "bundle", SAMPLES[0], build / "project")
    assert built.header.shared
    assert list(program.answer(built, projects.run(built).console).outputs) == expected(graph)
