"""-reuse-input-memory: a call may overwrite its inputs, so that their memory serves the activations as well."""

from dataclasses import replace
from itertools import combinations

import every_form
import int8_networks
import numpy as np
import pytest
import stateful_files

from helpers.common.errors import BadParameter
from helpers.compiler import driver, interpreter, targets
from helpers.compiler.backends import memory_plan
from helpers.compiler.commands import commands
from helpers.inference import bundle_header
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.inference.host_bundle import HostBundle

FEW = 2  # networks a form; `make random-networks` tries hundreds
TARGETS = [
    *(driver.Target("cortex-m0plus", form=form) for form in targets.of("cortex-m0plus") if form != targets.LEAST_RAM),
    *(driver.Target("cortex-m7", form=form) for form in targets.of("cortex-m7")),
]


@pytest.mark.parametrize("case", every_form.OVERWRITING, ids=str)
def test_inputs_that_are_written_anew_give_the_references_bits(case):
    """Each is another one, in one region; before each the rest of the region is filled with anything."""
    first = 40 + FEW * every_form.OVERWRITING.index(case)
    for seed in range(first, first + FEW):
        assert every_form.disagreement(seed, case) is None


@pytest.mark.parametrize("target", TARGETS, ids=lambda each: f"{each.cpu}-{each.form}")
def test_it_takes_less_memory_and_the_header_says_so(target, tmp_path):
    graph, found = int8_networks.NETWORKS["separable"](), {}
    for reuse in (False, True):
        layout = driver.emit_bundle(graph, tmp_path / "net", "net", replace(target, reuse_inputs=reuse))
        text = (tmp_path / "net" / "net.h").read_text()
        header = bundle_header.in_folder(tmp_path / "net")
        assert ("Overwritten: " in text) == header.shared == header.input.overwritten == reuse
        assert ("#define NET_input_OVERWRITTEN 1\n" in text) == reuse and not header.output.overwritten
        held = 0 if not header.input.in_place else header.input.bytes  # where the caller has it
        found[reuse] = header.mutable + header.activations + held
        assert (header.mutable, header.activations) == (layout.mutable_bytes, layout.activations_bytes)
    assert found[True] < found[False]


def test_the_same_input_twice_and_another_between(tmp_path):
    graph = int8_networks.NETWORKS["residual"]()
    driver.emit_bundle(graph, tmp_path / "net", "net", driver.Target("cortex-m0plus", form="fast", reuse_inputs=True))
    shape = graph.placeholders[0].output.type.shape
    inputs = np.random.default_rng(2).integers(-128, 128, (3, *shape[1:])).astype(np.int8)
    inputs[2] = inputs[0]
    got = EmulatedBundle(tmp_path / "net").run(inputs)
    assert (got == interpreter.run_many(graph, inputs)).all() and (got[0] == got[2]).all() and (got[0] != got[1]).any()


def test_on_this_machine(tmp_path):
    graph, _, inputs, expected = every_form.network(7)
    driver.emit_bundle(graph, tmp_path / "net", "net", driver.Target(reuse_inputs=True))
    assert bundle_header.in_folder(tmp_path / "net").shared
    assert (HostBundle(tmp_path / "net").run(inputs) == expected).all()


@pytest.mark.parametrize("made", [stateful_files.svdf(1), stateful_files.lstm(2)], ids=["svdf", "lstm"])
@pytest.mark.parametrize("core", targets.CPUS[1:])
def test_a_state_stays(made, core, tmp_path):
    (tmp_path / "net.tflite").write_bytes(made)
    graph = driver.compiled_graph(tmp_path / "net.tflite", driver.Request())
    shape = graph.placeholders[0].output.type.shape
    inputs = np.random.default_rng(5).integers(-128, 128, (4 * shape[0], *shape[1:])).astype(np.int8)
    driver.emit_bundle(graph, tmp_path / "net", "net", driver.Target(core, reuse_inputs=True))
    bundle = EmulatedBundle(tmp_path / "net", core=core)
    assert bundle.header.shared and bundle.header.state
    got = bundle.run(inputs)
    assert (got == interpreter.run_many(graph, inputs).reshape(got.shape)).all()


@pytest.mark.parametrize("seed", range(2, 40, 4))
def test_what_is_needed_at_one_time_lies_apart(seed):
    graph = every_form.network(seed, several=True)[0]
    layout = memory_plan.plan(graph, reuse_inputs=True)
    assert layout.activations_bytes == 0
    places = layout.mutable | layout.activations
    edges = {node.output for node in graph.placeholders} | {value for _, value in graph.outputs}
    assert edges <= {value for buffer in layout.buffers for value in buffer.values}
    for a, b in combinations(layout.buffers, 2):
        (start, size), (other, others) = ((places[each.values[0]], each.bytes) for each in (a, b))
        apart = start + size <= other or other + others <= start
        assert apart or a.last < b.first or b.last < a.first


def test_least_ram_has_no_memory_of_its_own_for_its_input(tmp_path):
    graph = every_form.network(0)[0]
    target = driver.Target("cortex-m0plus", form=targets.LEAST_RAM, reuse_inputs=True)
    with pytest.raises(BadParameter, match="reads its input in place .* Leave -reuse-input-memory out"):
        driver.emit_bundle(graph, tmp_path / "net", "net", target)
    assert not (tmp_path / "net").exists()


def test_the_option_of_model_compiler(note_model, note_profile, tmp_path):
    words = [
        f"-model={note_model}",
        f"-load-profile={note_profile}",
        "-convert-placeholders",
        "-onnx-define-symbol=N,1",
    ]
    words += ["-target=arm", "-mcpu=cortex-m0plus", f"-emit-bundle={tmp_path / 'out'}", "-network-name=net"]
    assert commands.model_compiler([*words, "-bundle-api=dynamic", "-reuse-input-memory"]) == 0
    assert "//   Overwritten: " in (tmp_path / "out" / "net.h").read_text()
    assert commands.model_compiler([*words, "-reuse-input-memory"]) == 0
    assert bundle_header.in_folder(tmp_path / "out").shared
