"""Networks of several inputs and outputs: as onnxruntime in float32, and the same integers in numpy and in every form."""

import every_form
import numpy as np
import onnxruntime
import pytest
import several_inputs
import zoo
from zoo import node

from helpers.common import named_arrays
from helpers.common.errors import BadParameter, Unsupported
from helpers.compiler import driver, interpreter
from helpers.compiler.ir.names import legal_name
from helpers.compiler.numerics import affine
from helpers.compiler.profiling import profile
from helpers.inference import bundle_header
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.inference.host_bundle import HostBundle

COUNT = 12
CASES = every_form.CASES


def theirs(path, inputs) -> dict[str, np.ndarray]:
    """What onnxruntime gives, one inference after the other."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    parts = {each.name: inputs[each.name].reshape(COUNT, *each.shape) for each in session.get_inputs()}
    names = [legal_name(each.name) for each in session.get_outputs()]
    runs = [session.run(None, {name: np.asarray(array[at]) for name, array in parts.items()}) for at in range(COUNT)]
    columns = ([np.atleast_1d(each) for each in column] for column in zip(*runs, strict=True))
    return {name: np.concatenate(column) for name, column in zip(names, columns, strict=True)}


@pytest.fixture(params=sorted(several_inputs.NETWORKS))
def network(request, tmp_path):
    """(file, inputs by the graph's names, what onnxruntime gives)."""
    made = several_inputs.NETWORKS[request.param]()
    path = tmp_path / f"{request.param}.onnx"
    path.write_bytes(made.SerializeToString())
    inputs = several_inputs.samples(made, COUNT)
    return path, {legal_name(name): array for name, array in inputs.items()}, theirs(path, inputs)


def integer(path, inputs):
    """The integer graph, its inputs, and the reference's outputs."""
    measured = profile.measure(driver.float_graph(path, {}), inputs)
    graph = driver.compiled_graph(path, driver.Request({}, measured, convert_placeholders=True))
    types = {node.name: node.output.type for node in graph.placeholders}
    fed = {name: affine.quantise(each, types[name]) if types[name].quantised else each for name, each in inputs.items()}
    return graph, fed, interpreter.run_many(graph, fed)


def compiled(graph, fed, case, folder):
    """The outputs of a case's bundle; of this machine's for None."""
    target = driver.Target(case.cpu, form=case.form, mul_cycles=case.mul_cycles) if case else driver.Target()
    driver.emit_bundle(graph, folder / "net", "net", target)
    return (EmulatedBundle(folder / "net", case.mul_cycles, case.cpu) if case else HostBundle(folder / "net")).run(fed)


def check_every_form(path, inputs, folder) -> None:
    graph, fed, expected = integer(path, inputs)
    names = [name for name, _ in graph.outputs]
    for case in (None, *CASES):
        got = named_arrays.by_name(compiled(graph, fed, case, folder), names)
        for name, array in named_arrays.by_name(expected, names).items():
            assert array.dtype == got[name].dtype and np.array_equal(array, got[name]), (
                f"{name}: {case or 'this machine'}"
            )


def test_float32(network, tmp_path):
    path, inputs, expected = network
    graph = driver.float_graph(path, {})
    computed, here = interpreter.run_many(graph, inputs), compiled(graph, inputs, None, tmp_path)
    assert list(computed) == list(here) == list(expected)
    for name, array in expected.items():
        assert np.allclose(computed[name], array, rtol=1e-4, atol=1e-5) and np.allclose(
            here[name], array, rtol=1e-4, atol=1e-5
        )


def test_integers_are_near_float32(network):
    path, inputs, expected = network
    graph, _, computed = integer(path, inputs)
    for name, value in graph.outputs:
        error = np.abs(affine.dequantise(computed[name], value.type) - expected[name]).mean()
        assert error < 0.1 * (expected[name].max() - expected[name].min())


def test_every_form_gives_the_integers(network, tmp_path):
    path, inputs, _ = network
    check_every_form(path, inputs, tmp_path)


def test_a_profile_has_the_range_of_every_input_and_output(network):
    path, inputs, expected = network
    graph = driver.float_graph(path, {})
    entries = profile.measure(graph, inputs).entries
    found = {value.name: expected[name] for name, value in graph.outputs}
    for name, array in ({f"{name}:0": array for name, array in inputs.items()} | found).items():
        assert (entries[name].low, entries[name].high) == pytest.approx((array.min(), array.max()), abs=1e-5)
        assert sum(entries[name].histogram) == pytest.approx(array.size)


def test_many_at_once_give_the_profile_of_one_after_the_other(network, monkeypatch):
    path, inputs, _ = network
    graph = driver.float_graph(path, {})
    at_once = profile.measure(graph, inputs)
    monkeypatch.setattr(interpreter, "batches", lambda graph: False)
    one = profile.measure(graph, inputs)
    assert at_once.entries.keys() == one.entries.keys()
    for name, entry in one.entries.items():
        found = at_once.entries[name]
        assert (found.low, found.high) == pytest.approx((entry.low, entry.high), rel=1e-5, abs=1e-6), name


def test_the_header_lists_inputs_then_outputs(tmp_path):
    (tmp_path / "net.onnx").write_bytes(several_inputs.compared().SerializeToString())
    graph = driver.float_graph(tmp_path / "net.onnx", {})
    driver.emit_bundle(graph, tmp_path / "out", "net", driver.Target("cortex-m0plus"))
    header = bundle_header.read(tmp_path / "out" / "net.h")
    assert list(header.inputs) == ["first_image", "second_image"]
    assert list(header.outputs) == ["apart", "features", "again"]
    places = [each.address for each in header.placeholders.values()]
    assert places == [0, 128, 256, 320, 320]  # features and again are the same bytes in two shapes
    with pytest.raises(Unsupported, match="inputs first_image, second_image where one is needed"):
        header.input  # noqa: B018


DENSE = [node("Gemm", ["x", "w0", "w1"], ["d"]), node("Relu", ["d"], ["y"])]
EDGES = {
    "an input handed on": ([node("Identity", ["s"], ["t"])], [1, 4], ["y", "t"]),
    "an input handed on in another shape": ([node("Flatten", ["s"], ["t"])], [1, 2, 2], ["y", "t"]),
    "an output in two shapes": ([node("Reshape", ["y", "column"], ["t"])], None, ["y", "t"]),
    "an output in a shape that others do not read": ([node("Reshape", ["d", "column"], ["t"])], None, ["y", "t"]),
    "an input that nothing reads": ([], [1, 4], ["y"]),
    "an input without axes": ([node("Mul", ["y", "s"], ["t"])], [], ["t", "y"]),
    "an output without axes": ([node("ReduceMean", ["y"], ["t"], keepdims=0)], None, ["y", "t"]),
    "inputs of other numbers of axes": ([node("Mul", ["y", "s"], ["t"])], [1, 1, 5], ["t"]),
    "an input that is no batch": ([node("Mul", ["y", "s"], ["t"])], [5], ["t"]),
    "a value that meets itself with more axes": (
        [node("Unsqueeze", ["y", "first"], ["z"]), node("Add", ["z", "y"], ["t"])], None, ["t"],
    ),
}  # fmt: skip


def edge_network(name: str, folder):
    """A dense layer and what EDGES says: the file, and inputs for some inferences."""
    nodes, second, outputs = EDGES[name]
    w, random = zoo.Weights(3), np.random.default_rng(5)
    w(6, 5), w(5)
    constants = {**w.made, "column": np.int64([5, 1]), "first": np.int64([0])}
    shapes = {"x": [1, 6]} | ({} if second is None else {"s": second})
    used = {word for each in [*DENSE, *nodes] for word in each.input}
    made = zoo.model([*DENSE, *nodes], shapes, outputs, {key: each for key, each in constants.items() if key in used})
    (folder / "edge.onnx").write_bytes(made.SerializeToString())
    rows = {key: COUNT * (shape[0] if shape else 1) for key, shape in shapes.items()}
    inputs = {key: random.standard_normal((rows[key], *shape[1:])).astype(np.float32) for key, shape in shapes.items()}
    return folder / "edge.onnx", inputs


@pytest.mark.parametrize("name", EDGES)
def test_inputs_and_outputs_of_every_kind(name, tmp_path):
    path, inputs = edge_network(name, tmp_path)
    check_every_form(path, inputs, tmp_path)


@pytest.mark.parametrize("name", EDGES)
def test_inputs_and_outputs_of_every_kind_in_float32(name, tmp_path):
    path, inputs = edge_network(name, tmp_path)
    expected = theirs(path, inputs)
    computed = named_arrays.by_name(interpreter.run_many(driver.float_graph(path, {}), inputs), expected)
    for each, array in expected.items():
        assert np.allclose(computed[each], array, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("inputs", "line"),
    [
        (np.zeros((2, 1, 6, 6), np.float32), "one array was given for 2 names"),
        ({"image": np.zeros((2, 1, 6, 6), np.float32)}, "sensor is missing. Give an array for each of image, sensor"),
        ({"image": np.zeros((2, 1, 6, 6)), "sensor": np.zeros((2, 3)), "x": np.zeros(2)}, "x is of no use"),
        (
            {"image": np.zeros((2, 1, 6, 6)), "sensor": np.zeros((3, 3))},
            "do not have equal counts: 2 for image, 3 for sensor",
        ),
    ],
)
def test_inputs_that_are_not_the_networks(inputs, line, tmp_path):
    (tmp_path / "net.onnx").write_bytes(several_inputs.image_and_sensor().SerializeToString())
    graph = driver.float_graph(tmp_path / "net.onnx", {})
    driver.emit_bundle(graph, tmp_path / "out", "net", driver.Target())
    bundle = HostBundle(tmp_path / "out")
    for run in (
        lambda: interpreter.run_many(graph, inputs),
        lambda: profile.measure(graph, inputs),
        lambda: bundle.run(inputs),
    ):
        with pytest.raises(BadParameter, match=line):
            run()


def test_what_depends_on_no_input_is_refused(tmp_path):
    constants = {"w0": np.ones((6, 5), np.float32), "w1": np.ones(5, np.float32)}
    made = zoo.model([*DENSE, node("Identity", ["w1"], ["t"])], {"x": [1, 6]}, ["y", "t"], constants)
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    with pytest.raises(Unsupported, match="output 't__1' is a constant. Export only"):
        driver.float_graph(tmp_path / "net.onnx", {})
