"""What goes into a TFLite network and comes out of it: float32, int8 and uint8 in every pair, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
import real_files

from helpers.common.errors import Unsupported
from helpers.compiler import driver, interpreter
from helpers.evaluation.verify import comparison, integers
from helpers.inference.emulated_bundle import EmulatedBundle

FOLDER = Path(__file__).parents[1] / "tflite"
PAIRS = sorted(path.stem for path in (FOLDER / "edges").glob("*.tflite"))


@pytest.fixture(scope="module")
def answers() -> dict:
    with np.load(FOLDER / "edges.npz", allow_pickle=False) as file:
        return dict(file)


def signed(array: np.ndarray) -> np.ndarray:
    """uint8 as a bundle has it: 128 less, so that the offset is 128 less, too."""
    return (array.astype(np.int16) - 128).astype(np.int8) if array.dtype == np.uint8 else array


@pytest.mark.parametrize("pair", PAIRS)
def test_every_pair_of_edges_is_bit_for_bit_as_the_reference(pair, answers, tmp_path):
    inputs, expected = (signed(answers[f"{pair}_{which}"]) for which in ("inputs", "outputs"))
    graph = driver.compiled_graph(FOLDER / "edges" / f"{pair}.tflite", driver.Request())
    kinds = [graph.placeholders[0].output.type.element, graph.outputs[0][1].type.element]
    assert kinds == [each.replace("uint8", "int8") for each in pair.split("_")]
    assert np.array_equal(interpreter.run_many(graph, inputs), expected)
    driver.emit_bundle(graph, tmp_path, "net", driver.Target("cortex-m0plus"))
    assert np.array_equal(EmulatedBundle(tmp_path).run(inputs), expected)


def test_there_are_nine_pairs():
    assert len(PAIRS) == 9


def test_a_scale_and_an_offset_say_what_a_uint8_stands_for(answers):
    """The real numbers are the same with either type."""
    whole = [
        driver.compiled_graph(FOLDER / "edges" / f"{name}_float.tflite", driver.Request()) for name in ("int8", "uint8")
    ]
    types = [graph.placeholders[0].output.type for graph in whole]
    assert types[0] == types[1]


@pytest.mark.parametrize("pair", ["uint8_uint8", "float_uint8"])
def test_verify_takes_uint8(pair, tmp_path):
    """Real numbers go in and come out whatever the file's types."""
    np.savez(tmp_path / "x.npz", x=np.random.default_rng(1).standard_normal((3, 5, 4, 2)).astype(np.float32))
    targets = integers.targets(["cortex-m0plus"], ["fast"])
    found = comparison.verify(FOLDER / "edges" / f"{pair}.tflite", [str(tmp_path / "x.npz")], targets)
    rows = {row.form: row for row in found.rows}
    assert rows["TFLite"].compared and rows["integers (numpy)"].largest_difference == 0


REFUSED = {
    "int32": "input '.*' holds int32 without a scale. Give the network real numbers: keras.Input.shape. without a dtype",
    "int64": "holds int64 without a scale",
    "bool": "holds bool without a scale",
    "unscaled_int8": "holds int8 without a scale",
    "unscaled_uint8": "holds uint8 without a scale",
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_edges_are_refused_with_what_to_do(name):
    with pytest.raises(Unsupported, match=REFUSED[name]) as caught:
        driver.float_graph(FOLDER / "refused" / f"{name}.tflite", {})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "form"), [("edges/uint8_uint8", "fast"), ("stateful/lstm_rows", "small-ram")])
def test_the_table_of_real_files_takes_every_integer_file(name, form):
    (row,) = real_files.rows(FOLDER / f"{name}.tflite", ["cortex-m0plus"], [form], 1)
    assert row.equal and not row.refused


def test_the_table_of_real_files_refuses_real_numbers_in_a_line():
    with pytest.raises(Unsupported, match="are float32, int8, and bits .* Compare numbers: python -m helpers verify"):
        next(real_files.rows(FOLDER / "edges" / "int8_float.tflite", ["cortex-m0plus"], ["fast"], 1))
