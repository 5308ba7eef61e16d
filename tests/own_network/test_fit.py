"""Does a network fit a board: the estimate before training, its command, and the one line of a mistake."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from helpers.common.errors import SystemRefused
from helpers.compiler import driver, targets
from helpers.compiler.profiling import profile
from helpers.firmware import projects
from helpers.hardware import boards
from helpers.own_network import cli, fit, fit_cli, program
from tests import samples

REFERENCE = Path(__file__).parents[1] / "reference"
NOTE = REFERENCE / "MNIST_NXP.onnx"


@pytest.fixture(scope="module")
def untrained(tmp_path_factory):
    """The note's network with random weights."""
    model, random = onnx.load(NOTE), np.random.default_rng(5)
    for each in model.graph.initializer:
        values = numpy_helper.to_array(each)
        if values.dtype == np.float32:
            each.CopyFrom(numpy_helper.from_array(random.normal(0, 0.2, values.shape).astype(np.float32), each.name))
    path = tmp_path_factory.mktemp("untrained") / "network.onnx"
    onnx.save(model, path)
    return path


def test_random_weights_tell_what_trained_ones_take(untrained):
    before, after = (fit.estimate(path, "ke16z") for path in (untrained, NOTE))
    assert before.multiplications == after.multiplications and before.ram_bytes == after.ram_bytes
    assert before.flash_bytes == pytest.approx(after.flash_bytes, rel=0.2)
    assert before.cycles == pytest.approx(after.cycles, rel=0.2)
    assert not before.missing


def test_the_plain_form_is_as_large_as_the_program_that_was_built():
    # README, Table 2: 8,588 bytes with the image of 784 bytes, and 3,296 with a copy of it in RAM.
    found = fit.estimate(NOTE, "ke16z", "plain")
    flash, ram = fit.around(found.board)
    assert found.flash_bytes + flash + 784 == pytest.approx(8588, rel=0.03)
    assert found.ram_bytes + ram + 784 == 3296


def test_what_is_hopeless_is_not_compiled(monkeypatch):
    monkeypatch.setattr(fit.driver, "emit_bundle", lambda *_: pytest.fail("compiled"))
    found = fit.estimate(NOTE, "ke04z", "plain")
    assert found.cycles is None and found.time_ms is None and set(found.missing) == {"RAM"}


def test_random_inputs_are_of_the_networks_shape(tmp_path):
    x = np.load(fit.write_random_inputs(NOTE, tmp_path / "inputs.npz", 3))["x"]
    assert x.shape == (3, 28, 28, 1) and x.dtype == np.float32 and 0 <= x.min() < x.max() <= 1


def test_several_inputs_and_outputs(tmp_path):
    onnx.save(samples.frame_and_state(), tmp_path / "step.onnx")
    found = fit.estimate(tmp_path / "step.onnx", "ke16z")
    assert found.cycles and found.multiplications == 10 * 4 + 4 * 3 and not found.missing
    with np.load(fit.write_random_inputs(tmp_path / "step.onnx", tmp_path / "x.npz", 7)) as written:
        assert {name: written[name].shape for name in written} == {"frame": (7, 6), "state": (7, 4)}
    assert fit.estimate(tmp_path / "step.onnx", "ke04z").form == "least-ram"


def test_a_batch_of_which_a_hundred_samples_are_no_whole_number(tmp_path):
    edges = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [28, 4]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "batch", edges[:1], edges[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), tmp_path / "batch.onnx")
    found = fit.estimate(tmp_path / "batch.onnx", "ke16z")
    assert found.cycles and not found.missing


@pytest.mark.parametrize("board", ["pico", "pico_flash", "mcxc444"])
def test_what_it_says_of_a_new_board_holds_for_the_program(build, tmp_path, board):
    """The bytes around the network are a little more than what is linked, and never less."""
    found = fit.estimate(NOTE, board)
    assert not found.missing
    flash, ram = fit.around(found.board)
    samples = tmp_path / "x.npz"
    fit.write_random_inputs(NOTE, samples)
    prepared = cli.of_model(NOTE, found.board, found.form, [str(samples)], tmp_path / "bundle")
    project = program.make(board, prepared.bundle, prepared.sample, build / board)
    run = projects.run(project)
    assert 0 <= found.flash_bytes + flash + 784 - run.sizes.flash < 500
    assert 0 <= found.ram_bytes + ram - run.sizes.ram - run.sizes.reserved < 20
    assert project.elf.with_suffix(".uf2").is_file() == board.startswith("pico")


@pytest.mark.parametrize(
    "cause", [SystemRefused("zig cc stopped: the disk is full"), OSError(28, "No space left on device")]
)
def test_a_full_disk_is_no_reason_for_another_form(monkeypatch, capsys, cause):
    def emit(graph, folder, name, target, *_):
        if target.form != "plain":
            raise cause

    monkeypatch.setattr(fit.driver, "emit_bundle", emit)
    assert fit_cli.main([str(NOTE), "--board", "ke16z"]) == 2
    printed = capsys.readouterr()
    assert "the disk is full" in printed.err and printed.err.count("\n") == 1
    assert "fits" not in printed.out


def test_an_input_that_is_read_in_place_waits_for_the_flash_too(tmp_path):
    """Table 2's program for the KE04Z takes 170,301 cycles with its one wait state: least-ram reads the image from flash."""
    request = driver.Request({"N": 1}, profile.read(REFERENCE / "profile.yaml"), convert_placeholders=True)
    graph = driver.compiled_graph(NOTE, request)
    driver.emit_bundle(graph, tmp_path / "bundle", "mnist_nxp", targets.Target("cortex-m0plus", form="least-ram"))
    estimate = fit.measured(tmp_path / "bundle", boards.load("ke04z"), "least-ram", 0)
    # Its stack lies elsewhere.
    assert (estimate.core_cycles, estimate.cycles) == pytest.approx((115_405, 170_301), abs=10)
