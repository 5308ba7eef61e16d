"""A bundle's files: Glow's layout, read back by bundle_header, and the same bytes every time and everywhere."""

import pytest

from helpers.common import artifacts
from helpers.compiler import driver
from helpers.compiler.backends import memory_plan
from helpers.compiler.bundle import files
from helpers.compiler.commands import commands
from helpers.inference import bundle_header


@pytest.fixture
def made(note_model, note_request, tmp_path):
    graph = driver.compiled_graph(note_model, note_request)
    layout = driver.emit_bundle(graph, tmp_path / "bundle", "mnist_nxp", driver.Target("cortex-m0"))
    return graph, layout, tmp_path / "bundle"


@pytest.mark.parametrize(("form", "more"), [(None, ["mnist_nxp_kernels.S"]), ("plain", [])])
def test_the_files_of_a_bundle(note_model, note_request, tmp_path, form, more):
    graph = driver.compiled_graph(note_model, note_request)
    driver.emit_bundle(graph, tmp_path / "bundle", "mnist_nxp", driver.Target("cortex-m0", form=form))
    names = [f"mnist_nxp.{ending}" for ending in ("c", "h", "o", "weights.bin", "weights.txt")]
    assert sorted(path.name for path in (tmp_path / "bundle").iterdir()) == sorted(names + more)


def test_the_header_reads_back(made):
    graph, layout, folder = made
    header = bundle_header.read(folder / "mnist_nxp.h")
    assert (header.constant, header.mutable, header.activations, header.alignment) == (
        layout.constant_bytes, layout.mutable_bytes, layout.activations_bytes, memory_plan.ALIGNMENT,
    )  # fmt: skip
    pixels, scores = header.input, header.output
    assert (pixels.element, pixels.shape, pixels.offset, pixels.address) == ("i8", (1, 28, 28, 1), -128, 0)
    assert (scores.element, scores.shape, scores.address) == ("i8", (1, 10), 832)
    assert scores.scale == pytest.approx(graph.outputs[0][1].type.scale, abs=1e-9)


def test_weights_as_text():
    assert files.weights_text(bytes(range(22))).splitlines() == [
        "".join(f" 0X{n:02X}," for n in range(20)), " 0X14, 0X15,",
    ]  # fmt: skip
    assert files.weights_text(b"\xff") == " 0XFF,\n"


def test_weights_bin_and_txt_say_the_same(made):
    folder = made[2]
    words = (folder / "mnist_nxp.weights.txt").read_text().replace(",", " ").split()
    assert bytes(int(word, 16) for word in words) == (folder / "mnist_nxp.weights.bin").read_bytes()


def test_the_same_bytes_twice_and_in_two_folders(note_model, note_profile, tmp_path, monkeypatch):
    digests = []
    for name in ("here", "some where/else"):
        (tmp_path / name).mkdir(parents=True)
        monkeypatch.chdir(tmp_path / name)
        words = ["-backend=CPU", f"-model={note_model}", f"-load-profile={note_profile}", "-convert-placeholders",
                 "-onnx-define-symbol=N,1", "-emit-bundle=out", "-network-name=net", "-target=arm", "-mcpu=cortex-m7",
                 "-float-abi=hard", "-dump-graph-DAG=graph.pdf"]  # fmt: skip
        assert commands.model_compiler(words) == 0
        digests.append((artifacts.digest("out"), artifacts.digest("graph.pdf")))
        assert commands.model_compiler(words) == 0
        digests.append((artifacts.digest("out"), artifacts.digest("graph.pdf")))
    assert len(set(digests)) == 1


def test_a_failed_compilation_leaves_nothing(note_model, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert commands.model_compiler([f"-model={note_model}", "-emit-bundle=out"]) == 2
    assert list(tmp_path.iterdir()) == []
    assert "-onnx-define-symbol" in capsys.readouterr().err


def test_a_layer_whose_name_ends_in_that_of_a_shared_function(save_onnx, node, tmp_path):
    """The function `scaled` is not added for the sake of Mul_scaled, where the compiler would find it unused."""
    path = save_onnx([node("Mul", ["x", "x"], ["y"], name="Mul_scaled")], {"x": [1, 4]}, ["y"])
    graph = driver.compiled_graph(path, driver.Request())
    driver.emit_bundle(graph, tmp_path / "net", "net", driver.Target())
    assert "int32_t scaled(" not in (tmp_path / "net" / "net.c").read_text()
