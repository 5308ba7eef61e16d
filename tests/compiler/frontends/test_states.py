"""Networks with a state: what one call leaves to the next, against TFLite's reference kernels (tflite/make_states.py)."""

import re
from pathlib import Path

import numpy as np
import pytest
import stateful_files
from PIL import Image
from tflite_writer import Tensor

from helpers.common.errors import WorkbookError
from helpers.compiler import driver, interpreter
from helpers.compiler.bundle import files
from helpers.compiler.commands import commands
from helpers.hardware import toolchain
from helpers.inference import bundle_header
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.inference.host_bundle import HostBundle

FOLDER = Path(__file__).parents[1] / "tflite"
NAMES = sorted(path.stem for path in (FOLDER / "stateful").glob("*.tflite"))
CASES = [
    ("cortex-m0plus", "fast"),
    ("cortex-m0plus", "small-ram"),
    ("cortex-m0plus", "least-ram"),
    ("cortex-m0plus", "skip-blank"),
    ("cortex-m0", "small-flash"),
    ("cortex-m7", "fast"),
]


@pytest.fixture(scope="module")
def answers() -> dict:
    with np.load(FOLDER / "stateful.npz", allow_pickle=False) as file:
        return dict(file)


def compiled(name: str):
    return driver.compiled_graph(FOLDER / "stateful" / f"{name}.tflite", driver.Request())


def flat(array: np.ndarray) -> np.ndarray:
    """Several calls with a batch each, as the bundles take them."""
    return array.reshape(-1, *array.shape[2:])


@pytest.mark.parametrize("name", NAMES)
def test_a_sequence_of_calls(name, answers, tmp_path):
    """Bit for bit, in numpy and in C; calls apart are sequences of their own; the program that runs C is asked twice."""
    graph, inputs = compiled(name), flat(answers[f"{name}_inputs"])
    driver.emit_bundle(graph, tmp_path / "out", "net", driver.Target())
    bundle = HostBundle(tmp_path / "out")
    for apart, wanted in ((False, "outputs"), (True, "apart"), (False, "outputs")):
        expected = flat(answers[f"{name}_{wanted}"])
        assert np.array_equal(interpreter.run_many(graph, inputs, apart=apart), expected)
        assert np.array_equal(bundle.run(inputs, apart=apart), expected)


@pytest.mark.parametrize(("core", "form"), CASES)
@pytest.mark.parametrize("name", NAMES)
def test_on_the_core(name, core, form, answers, tmp_path):
    """The activations hold something else before every call, so what stays lies in the mutable region."""
    driver.emit_bundle(compiled(name), tmp_path / "out", "net", driver.Target(core, form=form))
    bundle, inputs = EmulatedBundle(tmp_path / "out", core=core), flat(answers[f"{name}_inputs"])
    for apart, wanted in ((False, "outputs"), (True, "apart"), (False, "outputs")):
        assert np.array_equal(bundle.run(inputs, apart=apart), flat(answers[f"{name}_{wanted}"]))
    own = name == "lstm_rows" or core == "cortex-m7" or form == "least-ram"  # which reads the input in place
    assert bundle.header.form == (form if own else "plain")


def test_the_state_is_a_part_of_the_mutable_region_that_can_be_set_aside(answers, tmp_path):
    """Behind inputs and outputs, and zero at first."""
    layout = driver.emit_bundle(compiled("lstm_step"), tmp_path / "out", "net", driver.Target("cortex-m0plus"))
    header = bundle_header.in_folder(tmp_path / "out")
    assert (header.state_offset, header.state) == (layout.state_offset, layout.state_bytes) == (128, 256)
    assert all(each.address + each.bytes <= 128 for each in header.placeholders.values()) and header.mutable == 384
    text = header.file.read_text()
    assert "static inline void net_reset(uint8_t *mutableWeight)" in text and "#define NET_STATE_MEM_SIZE  256" in text


def test_a_network_without_a_state_has_none(tmp_path):
    layout = driver.emit_bundle(
        driver.compiled_graph(FOLDER / "int8.tflite", driver.Request()), tmp_path / "out", "net", driver.Target()
    )
    header = bundle_header.in_folder(tmp_path / "out")
    assert (header.state, layout.state_bytes) == (0, 0) and "reset" not in header.file.read_text()


@pytest.mark.parametrize("style", [files.Style(), files.Style("dynamic")], ids=["static", "dynamic"])
def test_the_reset_of_the_header_is_c_with_either_api(style, tmp_path):
    """Compiled with every warning on; it sets the state's bytes to zero and no other."""
    driver.emit_bundle(compiled("svdf"), tmp_path, "net", driver.Target(), "ask", style)
    (tmp_path / "main.c").write_text(_MAIN)
    flags = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")
    made = toolchain.compile_object(tmp_path / "main.c", tmp_path / "main.o", flags=flags)
    toolchain.link_host_program([made, tmp_path / "net.o"], tmp_path / "program")
    assert toolchain.run([str(tmp_path / "program")]) is not None


_MAIN = """\
#include "net.h"
static uint8_t region[4096];
int main(void) {
  for (unsigned i = 0; i < sizeof region; i++) region[i] = 1;
  ask_reset(region);
  for (unsigned i = 0; i < sizeof region; i++) {
    int kept = i >= NET_STATE_OFFSET && i < NET_STATE_OFFSET + NET_STATE_MEM_SIZE;
    if (region[i] == kept) return 1;
  }
  return 0;
}
"""


def test_image_classifier_answers_for_each_image_alone(tmp_path, capsys, monkeypatch):
    """The same image has the same answer wherever it stands in the list."""
    monkeypatch.chdir(tmp_path)
    for name, seed in (("a.png", 1), ("b.png", 2)):
        pixels = np.random.default_rng(seed).integers(0, 256, (6, 4), np.uint8)
        Image.fromarray(pixels).save(name)
    words = [f"-model={FOLDER / 'stateful' / 'lstm_rows.tflite'}", "-image-mode=neg1to1", "-image-layout=NHWC"]
    assert commands.image_classifier(["a.png", "b.png", "a.png", *words]) == 0
    lines = [line.split("File: ")[1] for line in capsys.readouterr().out.splitlines() if "File:" in line]
    assert len(lines) == 3 and lines[0] == lines[2]
    assert commands.image_classifier(["b.png", *words]) == 0
    assert lines[1] in capsys.readouterr().out


def constant(*shape, element=np.int8) -> Tensor:
    return Tensor(data=np.ones(shape, element), scale=0.01)


REFUSED = {
    "peepholes": (stateful_files.lstm(1, more=[(9, constant(3, element=np.int16))]), "peepholes.*keras.layers.LSTM"),
    "projection": (stateful_files.lstm(1, more=[(16, constant(3, 3))]), "an LSTM with a projection"),
    "normalised": (stateful_files.lstm(1, more=[(21, constant(3, element=np.int16))]), "an LSTM with normalisation"),
    "no state": (
        stateful_files.lstm(1, {13: Tensor((1, 3), scale=0.008, zero=2)}),
        "the state 't13' is not this .* alone",
    ),
    "a large cell": (stateful_files.lstm(1, cell_bits=7), "cell with the scale 0.00390625. Train it so that"),
    "no power of two": (stateful_files.lstm(1, {14: Tensor((1, 3), np.int16, scale=0.001, variable=True)}), "0.001"),
    "a state of another size": (
        stateful_files.lstm(1, {14: Tensor((1, 4), np.int16, scale=2**-11, variable=True)}),
        "int16",
    ),
    "a state off the middle": (
        stateful_files.svdf(1, {4: Tensor((1, 40), np.int16, scale=1, zero=3, variable=True)}),
        "state",
    ),
    "an offset beyond int8": (stateful_files.lstm(1, {13: Tensor((1, 3), scale=1, zero=300, variable=True)}), "state"),
    "wide sums": (stateful_files.lstm(1, {0: Tensor((1, 3, 4), scale=1e9)}), "scales of two|overflow 32 bits"),
    "another bias": (stateful_files.lstm(1, {9: constant(4, element=np.int32)}), r"int32 \[4\], not int32 \[3\]"),
    "other weights": (stateful_files.lstm(1, {1: constant(3, 5)}), r"int8 \[3, 5\], not int8 \[3, 4\]"),
    "no activation": (stateful_files.svdf(1, activation=0), "another activation than relu.*a layer of its own"),
    "rank": (stateful_files.svdf(1, {2: constant(7, 5, element=np.int16)}), "7 filters with rank 2"),
    "float": (stateful_files.svdf(1, {0: Tensor((1, 6), np.float32)}), "float"),
    "no int8 state": (
        stateful_files.svdf(1, {4: Tensor((1, 40), scale=1, variable=True)}),
        r"int8 \[1, 40\], not int16",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_what_to_do(name, tmp_path):
    content, line = REFUSED[name]
    (tmp_path / "net.tflite").write_bytes(content)
    with pytest.raises(WorkbookError, match=line) as caught:
        driver.float_graph(tmp_path / "net.tflite", {})
    assert re.fullmatch(r"node '.*: .*\. .*", str(caught.value)), "where, what, and what to do, on one line"


def test_two_operators_cannot_share_a_state(tmp_path, monkeypatch):
    reader = driver.tflite_importer.file
    network = reader.read(FOLDER / "stateful" / "svdf.tflite")
    network.operations.append(network.operations[0])
    monkeypatch.setattr(reader, "read", lambda path: network)
    with pytest.raises(WorkbookError, match="is not this operator's alone. Give each layer a state of its own"):
        driver.float_graph(tmp_path / "net.tflite", {})
