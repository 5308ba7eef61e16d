"""python -m helpers fit: one table, the fastest form that fits, JSON, and mistakes in one line."""

import json
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from helpers.common import artifacts
from helpers.common.errors import Unsupported
from helpers.compiler import targets
from helpers.hardware import boards
from helpers.own_network import choice, fit, fit_cli
from tests import samples

NOTE = samples.REFERENCE / "MNIST_NXP.onnx"
KEYS = {"form", "flash_bytes", "ram_bytes", "cycles", "cycles_with_waits", "fits", "missing"}


def as_json(words, capsys):
    status = fit_cli.main([*map(str, words), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_one_table_names_the_fastest_form_that_fits(capsys):
    assert fit_cli.main([str(NOTE)]) == 0
    said = capsys.readouterr().out
    assert "16,696 multiplications an inference" in said
    assert said.endswith("\nfits: fast is the fastest form that fits\n")
    rows = [line.split()[0] for line in said.splitlines()[:-1] if line.endswith(" fits")]
    assert rows == ["plain", "fast", "small-flash", "small-ram", "skip-blank", "least-ram"]


def test_json_holds_what_the_table_shows_in_the_same_bytes_every_time(capsys):
    status, found = as_json([NOTE, "--board", "ke04z"], capsys)
    assert status == 0 and set(found) == {"board", "chosen", "forms", "multiplications"}
    assert (found["board"], found["chosen"], found["multiplications"]) == ("ke04z", "auto", 16696)
    assert all(set(row) - {"layers"} == KEYS for row in found["forms"])
    rows = {row["form"]: row for row in found["forms"]}
    assert rows["least-ram"]["fits"] and rows["least-ram"]["missing"] == {}
    assert rows["auto"]["cycles"] < rows["least-ram"]["cycles"] and rows["auto"]["layers"]
    assert rows["least-ram"]["cycles"] < rows["least-ram"]["cycles_with_waits"]
    assert not rows["plain"]["fits"] and rows["plain"]["missing"]["RAM"] > 0 and rows["plain"]["cycles"] is None
    assert as_json([NOTE, "--board", "ke04z"], capsys) == (status, found)


def test_less_ram_where_a_call_may_overwrite_its_inputs(capsys):
    _, apart = as_json([NOTE], capsys)
    status, shared = as_json([NOTE, "--reuse-input-memory"], capsys)
    assert status == 0
    for before, after in zip(apart["forms"], shared["forms"], strict=True):
        if before["form"] in ("fast", "small-flash", "skip-blank", "plain"):
            assert after["ram_bytes"] < before["ram_bytes"]
        if before["form"] == "least-ram":
            assert "reads its input in place" in after["missing"]["reason"]


def test_one_form_alone_does_not_fit_where_another_does(capsys):
    assert fit_cli.main([str(NOTE), "--board", "ke04z", "--form", "fast"]) == 1
    said = capsys.readouterr().out
    assert "does not fit: lacks" in said and "Leave --form out" in said and "were not compiled" in said
    assert fit_cli.main([str(NOTE), "--board", "ke04z"]) == 0  # which is the remedy


@pytest.mark.parametrize("board", boards.all_boards())
def test_every_board_takes_a_small_network(board, tmp_path, capsys):
    onnx.save(samples.two_dense_layers(), tmp_path / "small.onnx")
    status, found = as_json([tmp_path / "small.onnx", "--board", board], capsys)
    assert status == 0 and found["multiplications"] == 6 * 4 + 4 * 3
    assert found["chosen"] in {row["form"] for row in found["forms"] if row["fits"]}
    chosen = next(row for row in found["forms"] if row["form"] == found["chosen"])
    assert all(chosen["cycles_with_waits"] <= row["cycles_with_waits"] for row in found["forms"] if row["fits"])


def test_a_board_with_more_ram_than_its_linker_script_uses_says_so(tmp_path, capsys):
    onnx.save(samples.two_dense_layers(), tmp_path / "small.onnx")
    fit_cli.main([str(tmp_path / "small.onnx"), "--board", "rt1060"])
    whole = sum(region.size for region in boards.load("rt1060").ram)
    assert f"of the linker script; the board has {whole:,} B in all" in capsys.readouterr().out


def test_a_form_without_code_is_a_row_with_its_reason(tmp_path, capsys, monkeypatch):
    onnx.save(samples.frame_and_state(), tmp_path / "step.onnx")
    emit = fit.driver.emit_bundle

    def refusing(graph, folder, name, target):
        if target.form == "least-ram":
            raise Unsupported("a layer that it has no code for")
        return emit(graph, folder, name, target)

    monkeypatch.setattr(fit.driver, "emit_bundle", refusing)
    status, found = as_json([tmp_path / "step.onnx"], capsys)
    rows = {row["form"]: row for row in found["forms"]}
    assert status == 0 and rows["plain"]["fits"]
    assert "a layer that it has no code for" in rows["least-ram"]["missing"]["reason"]
    assert rows["least-ram"]["flash_bytes"] is None and not rows["least-ram"]["fits"]


def test_a_fault_of_one_form_leaves_the_others(tmp_path, capsys, monkeypatch):
    onnx.save(samples.two_dense_layers(), tmp_path / "small.onnx")
    emit = fit.driver.emit_bundle

    def faulty(graph, folder, name, target):
        return 1 / 0 if target.form == "fast" else emit(graph, folder, name, target)

    monkeypatch.setattr(fit.driver, "emit_bundle", faulty)
    status, found = as_json([tmp_path / "small.onnx"], capsys)
    rows = {row["form"]: row for row in found["forms"]}
    assert status == 0 and rows["plain"]["fits"] and found["chosen"] != "fast"
    assert (
        "the compiler failed" in rows["fast"]["missing"]["reason"] and "division" in rows["fast"]["missing"]["reason"]
    )


def test_a_flat_input_that_is_read_as_an_image_has_every_form(tmp_path, capsys):
    """As keyword spotters have it; skip-blank looked for rows and columns that a flat input has not."""
    random, node = np.random.default_rng(4), helper.make_node
    constants = [
        numpy_helper.from_array(np.array([1, 1, 8, 8]), "image"),
        numpy_helper.from_array(random.normal(0, 0.3, (4, 1, 3, 3)).astype(np.float32), "w"),
        numpy_helper.from_array(random.normal(0, 0.3, 4).astype(np.float32), "b"),
    ]
    nodes = [node("Reshape", ["x", "image"], ["i"]), node("Conv", ["i", "w", "b"], ["c"]), node("Relu", ["c"], ["y"])]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, k) for n, k in (("x", [1, 64]), ("y", [1, 4, 6, 6]))]
    graph = helper.make_graph(nodes, "flat", ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, tmp_path / "flat.onnx")
    status, found = as_json([tmp_path / "flat.onnx"], capsys)
    rows = {row["form"]: row for row in found["forms"]}
    assert status == 0 and "reason" not in rows["skip-blank"]["missing"]
    assert rows["skip-blank"]["cycles"] == rows["fast"]["cycles"]


def test_a_network_without_work_is_compiled_all_the_same(tmp_path, capsys):
    """Of nothing but a reshape: the output lies where the input does, and no kernel is left to place."""
    shape = numpy_helper.from_array(np.array([1, 6], np.int64), "shape")
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", [1, 2, 3]), ("y", [1, 6]))]
    graph = helper.make_graph([helper.make_node("Reshape", ["x", "shape"], ["y"])], "g", ends[:1], ends[1:], [shape])
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), tmp_path / "net.onnx"
    )
    status, found = as_json([tmp_path / "net.onnx"], capsys)
    assert status == 0 and found["chosen"] == "plain" and found["multiplications"] == 0


@pytest.fixture
def wide(tmp_path):
    """Two convolutions whose fast code is too much for the FRDM-KE16Z, and whose C is slow."""
    random, node = np.random.default_rng(2), helper.make_node
    shapes = {"w1": (64, 1, 4, 4), "b1": (64,), "w2": (64, 64, 3, 3), "b2": (64,), "w3": (6, 64, 3, 3), "b3": (6,)}
    constants = [
        numpy_helper.from_array(random.normal(0, 0.1, n).astype(np.float32), name) for name, n in shapes.items()
    ]
    nodes = [
        node("Conv", ["x", "w1", "b1"], ["a"], strides=[4, 4]), node("Relu", ["a"], ["b"]),
        node("Conv", ["b", "w2", "b2"], ["c"]), node("Relu", ["c"], ["d"]), node("Conv", ["d", "w3", "b3"], ["y"]),
    ]  # fmt: skip
    ends = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, k) for n, k in (("x", [1, 1, 32, 32]), ("y", [1, 6, 4, 4]))
    ]
    graph = helper.make_graph(nodes, "wide", ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, tmp_path / "wide.onnx")
    return tmp_path / "wide.onnx"


def test_a_form_for_each_layer_where_the_fast_form_does_not_fit(wide, capsys):
    status, found = as_json([wide, "--board", "ke16z"], capsys)
    rows = {row["form"]: row for row in found["forms"]}
    assert status == 0 and not rows["fast"]["fits"] and list(rows)[-1] == found["chosen"] == "auto"
    layers = rows["auto"].pop("layers")
    assert set(rows["auto"]) == KEYS and rows["auto"]["fits"]
    assert all(set(each) == {"layer", "form", "by_rows", "why"} and each["why"] for each in layers)
    assert {"fast"} < {each["form"] for each in layers} <= {"fast", "small-flash", "plain"}
    assert rows["fast"]["cycles"] is None or rows["fast"]["cycles"] < rows["auto"]["cycles"]
    assert fit_cli.main([str(wide)]) == 0
    said = capsys.readouterr().out
    assert "auto, layer by layer:" in said and said.endswith("fits: auto is the fastest form that fits\n")
    assert all(each["why"] in said for each in layers)


def test_where_the_fast_form_fits_there_is_no_mix(capsys):
    _, found = as_json([NOTE], capsys)
    assert [row["form"] for row in found["forms"]] == list(targets.of("cortex-m0plus"))


@pytest.fixture
def large(tmp_path):
    """A dense layer of 400,000 weights."""
    weights = numpy_helper.from_array(np.random.default_rng(1).normal(size=(1000, 400)).astype(np.float32), "w")
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, k]) for n, k in (("x", 1000), ("y", 400))]
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "large", ends[:1], ends[1:], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, tmp_path / "large.onnx")
    return tmp_path / "large.onnx"


def test_what_is_hopeless_in_every_form_is_neither_quantised_nor_compiled(large, monkeypatch, capsys):
    monkeypatch.setattr(fit.integers, "graph", lambda *_: pytest.fail("quantised"))
    status, found = as_json([large], capsys)
    assert status == 1 and found["chosen"] is None and found["multiplications"] == 400_000
    assert all(row["missing"]["flash"] > 300_000 and row["cycles"] is None for row in found["forms"])
    assert [row["form"] for row in found["forms"]] == list(targets.of("cortex-m0plus"))


def test_the_remedy_names_a_board_that_it_fits(tmp_path):
    """Followed, it works."""
    weights = numpy_helper.from_array(np.random.default_rng(1).normal(size=(428, 150)).astype(np.float32), "w")
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, k]) for n, k in (("x", 428), ("y", 150))]
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g", ends[:1], ends[1:], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, tmp_path / "net.onnx")
    found = choice.compare(tmp_path / "net.onnx", "ke16z")
    assert found.chosen is None and "take the board kv11z, which it fits" in choice.remedy(found)
    assert choice.compare(tmp_path / "net.onnx", "kv11z").chosen


BLOCKED = """
import sys
for name in ("tensorflow", "tf_keras", "keras", "tf2onnx", "onnxruntime"):
    sys.modules[name] = None
from helpers.own_network import {module}
sys.exit({module}.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("module", ["fit_cli", "cli"])
@pytest.mark.parametrize("model", ["note.onnx", "small.tflite"])
def test_neither_tensorflow_nor_onnxruntime_is_loaded(module, model, tmp_path, build):
    source = NOTE if model == "note.onnx" else artifacts.ROOT / "tests" / "compiler" / "tflite" / "int8.tflite"
    words = [sys.executable, "-c", BLOCKED.format(module=module), str(source), "--board", "ke16z"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=artifacts.ROOT, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("words", "said"), [
    ([str(NOTE), "--board", "moon"], "there is no board 'moon'"),
    (["network.txt"], "is no model by its name"),
    (["absent.onnx"], "absent.onnx"),
    ([str(NOTE), "--board", "rt1060", "--form", "least-ram"], "cannot have the form"),
])  # fmt: skip
def test_mistakes_are_one_line(words, said, capsys):
    assert fit_cli.main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and said in error and error.count("\n") == 1
