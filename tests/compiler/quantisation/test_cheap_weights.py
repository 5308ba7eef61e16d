"""-weight-bits and -cheap-weights: fewer cycles for the note's network, at nearly its accuracy; wrong ones are refused."""

import numpy as np
import pytest

from helpers.common.errors import BadInput, BadParameter
from helpers.compiler import driver, interpreter
from helpers.compiler.commands import commands
from helpers.compiler.profiling import profile
from helpers.compiler.quantisation import cheap_weights
from helpers.compiler.quantisation.cheap_weights import Search
from helpers.compiler.quantisation.quantiser import Configuration
from helpers.data import mnist
from helpers.inference.emulated_bundle import EmulatedBundle

# bits of a weight, price of the cycles: test digits right of 10,000, cycles of the fast form for the first of them
CHOICES = {(8, None): (9554, 42_365), (6, 10.0): (9548, 34_625)}


@pytest.fixture(scope="module")
def digits():
    data = mnist.load()
    if len(data.x_test) < 10_000 or len(data.x_train) < 500:
        pytest.skip("all of MNIST is not at hand: set WORKBOOK_MNIST")
    return data


def compiled(model, measured, bits: int, search: Search | None):
    configuration = Configuration(weight_bits=bits)
    request = driver.Request({"N": 1}, profile.read(measured), configuration, convert_placeholders=True, cheap=search)
    return driver.compiled_graph(model, request)


@pytest.mark.parametrize(("bits", "price"), CHOICES)
def test_cycles_and_accuracy(bits, price, digits, note_model, note_profile, tmp_path):
    samples = (digits.x_train[:500].astype(np.float32) / 255)[..., None]
    search = Search(samples, "MNIST", price) if price is not None else None
    graph = compiled(note_model, note_profile, bits, search)
    images = (digits.x_test.astype(np.int16) - 128).astype(np.int8)[..., None]
    outputs = np.concatenate([interpreter.run_many(graph, part) for part in np.split(images, 10)])
    driver.emit_bundle(graph, tmp_path, "net", driver.Target("cortex-m0plus", form="fast"))
    measured = EmulatedBundle(tmp_path).measure(images[:1])
    assert np.array_equal(measured.output.ravel(), outputs[0].ravel())
    right = int((outputs.reshape(len(images), -1).argmax(1) == digits.y_test).sum())
    assert (right, measured.cycles) == CHOICES[bits, price]


def test_price_0_rounds_better_than_to_the_nearest(note_model, note_profile):
    """The sums of the first layer, on random samples, are nearer to those of the real weights."""
    samples = np.random.default_rng(7).random((50, 28, 28, 1), np.float32)
    plain, chosen = (compiled(note_model, note_profile, 5, each) for each in (None, Search(samples, "", 0.0)))
    real = {node.name: node.data for node in driver.float_graph(note_model, {"N": 1}).constants}
    errors = []
    for graph in (plain, chosen):
        layer = next(node for node in graph.in_order() if node.kind == "FullyConnected")
        constant = layer.inputs[1].node
        kind = constant.output.type
        off = (constant.data.astype(float) - kind.offset) * kind.scale - real[constant.name]
        fed = {plain.placeholders[0].name: (samples * 255 - 128).round().astype(np.int8)}
        seen = cheap_weights._inputs_of(graph, layer, fed)
        errors.append(float((((seen.astype(float) - layer.inputs[0].type.offset) @ off) ** 2).sum()))
    assert errors[1] < errors[0]


WRONG = {
    "-weight-bits=6 -enable-channelwise": "-weight-bits=6 has no effect with -enable-channelwise",
    "-weight-bits=9": "-weight-bits cannot be '9'",
    "-cheap-weights-price=3": "changes nothing without -cheap-weights",
    "-cheap-weights=FILE -cheap-weights-price=-1": "-cheap-weights-price cannot be '-1'",
    "-cheap-weights=none.npz": "none.npz: does not exist",
    "-cheap-weights=FILE": "has no array x, but y",
}


@pytest.mark.parametrize("words", WRONG)
def test_what_is_wrong_is_one_line(words, note_model, note_profile, tmp_path, capsys):
    np.savez(tmp_path / "other.npz", y=np.zeros((2, 2), np.float32))
    given = words.replace("FILE", str(tmp_path / "other.npz")).split()
    common = [f"-model={note_model}", f"-load-profile={note_profile}", "-onnx-define-symbol=N,1"]
    assert commands.model_compiler([*common, *given, f"-emit-bundle={tmp_path / 'out'}"]) != 0
    said = capsys.readouterr().err
    assert WRONG[words] in said and said.count("\n") == 1


def test_samples_of_another_shape_are_refused(note_model, note_profile):
    with pytest.raises(BadInput, match="the network's input is"):
        compiled(note_model, note_profile, 8, Search(np.zeros((2, 5), np.float32), "samples.npz"))


def test_the_price_is_a_number():
    with pytest.raises(BadParameter, match="use a number from 0 on|Use a number from 0 on"):
        commands.cheap_inputs._price("much")
