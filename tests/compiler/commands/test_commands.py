"""The three commands end to end: what they print, write and refuse."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.common import artifacts
from helpers.compiler.commands import commands
from helpers.compiler.profiling import profile

DIGIT = str(artifacts.DATA / "current_test_image.png")


@pytest.fixture
def words(note_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return [f"-model={note_model}", "-onnx-define-symbol=N,1", "-image-mode=0to1", "-image-layout=NHWC"]


def test_classifying(words, capsys):
    assert commands.image_classifier([DIGIT, *words]) == 0
    assert f" File: {DIGIT}\tLabel-K1: 7 (probability: " in capsys.readouterr().out


def test_several_labels_probabilities_and_expectations(words, capsys):
    options = ["-topk=3", "-compute-softmax", "-label-offset=1", "-expected-labels=6,1"]
    assert commands.image_classifier([DIGIT, DIGIT, *words, *options]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].endswith("Label-K1: 6 (probability: 0.9999)") or "Label-K1: 6 (probability: 0.9" in lines[2]
    assert lines[3].startswith("\t\t\t\t\t\tLabel-K2: ")
    assert lines[-1] == f" File: {DIGIT} doesn't match index: 1 in the top 3 pairs"


def test_by_the_integer_network(words, note_profile, capsys):
    assert commands.image_classifier([DIGIT, *words, f"-load-profile={note_profile}", "-expected-labels=7"]) == 0


def test_profiling_equals_real_glows(words, note_profile):
    assert commands.image_classifier([DIGIT, *words, "-dump-profile=p.yaml"]) == 0
    assert profile.read("p.yaml").entries == profile.read(note_profile).entries


def test_nodes_profiled_whole_lack_the_lowered_names(words):
    options = ["-dump-profile=p.yaml", "-do-not-lower-nodes-for-profiling=FullyConnected,Relu"]
    assert commands.image_classifier([DIGIT, *words, *options]) == 0
    names = profile.read("p.yaml").entries
    assert not [name for name in names if name.endswith(("_dot:0", "_bias:0", "_max:0")) or name.startswith("zero")]


def test_mean_and_stddev(words):
    usual = ["-dump-profile=a.yaml", *words]
    assert commands.image_classifier([DIGIT, *usual]) == 0
    moved = [
        DIGIT,
        *words[:2],
        "-image-mode=0to255",
        "-image-layout=NHWC",
        "-mean=0",
        "-stddev=255",
        "-dump-profile=b.yaml",
    ]
    assert commands.image_classifier(moved) == 0
    ranges = [profile.read(name).entries["max_pooling_1_input:0"] for name in ("a.yaml", "b.yaml")]
    assert ranges[0].high == pytest.approx(ranges[1].high)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["-expected-labels=1,2"], "names 2 labels for 1 images"),
        (["-mean=1,2,3"], "-mean has 3 numbers, the image 1 channels"),
        (["-mean=x"], "-mean cannot be 'x'"),
        (["-stddev=0"], "-stddev cannot be 0"),
        (["-use-imagenet-normalization", "-mean=1"], "do not go together"),
        (["-minibatch=4"], "-minibatch=4, but the network's batch is 1"),
        (["-topk=11"], "-topk cannot be 11: the network has 10 labels. Use a whole number from 1 to 10"),
        (["-keep-original-precision-for-nodes=Convolutoin", "-load-profile=PROFILE"], "Did you mean Convolution?"),
        (["-model-input=nonsense"], "has no input 'nonsense'"),
    ],
)
def test_refusals_are_one_line(options, line, words, note_profile, capsys):
    options = [each.replace("PROFILE", str(note_profile)) for each in options]
    assert commands.image_classifier([DIGIT, *words, *options]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1 and line in errors[0]


@pytest.fixture
def two_outputs(save_onnx, node, tmp_path, monkeypatch) -> list[str]:
    """A network of a 2x2 image with two outputs, and a white image for it."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.full((2, 2), 255, np.uint8)).save("white.png")
    weights = {"w": np.float32([[1, 2, 3], [1, 2, 1]] * 2), "v": np.float32([[5, 1]] * 4)}
    nodes = [node("Flatten", ["x"], ["f"]), node("MatMul", ["f", "w"], ["three"]), node("MatMul", ["f", "v"], ["two"])]
    path = save_onnx(nodes, {"x": [1, 1, 2, 2]}, ["three", "two"], weights)
    return ["white.png", f"-model={path}", "-image-mode=0to1"]


def test_one_of_several_outputs_is_classified(two_outputs, capsys):
    for name, label in (("three", 1), ("two", 0)):
        assert commands.image_classifier([*two_outputs, f"-output-name={name}"]) == 0
        assert f"Label-K1: {label} (" in capsys.readouterr().out
    assert commands.image_classifier([*two_outputs, "-dump-profile=p.yaml"]) == 0
    integers = [*two_outputs, "-load-profile=p.yaml", "-output-name=two", "-expected-labels=0"]
    assert commands.image_classifier(integers) == 0


@pytest.mark.parametrize(
    ("word", "what"), [("", "the network has several outputs"), ("four", "there is no output 'four'")]
)
def test_the_output_must_be_known(word, what, two_outputs, capsys):
    assert commands.image_classifier([*two_outputs, f"-output-name={word}"]) == 2
    assert capsys.readouterr().err == f"error: {what}. Give -output-name=three or two.\n"


def test_images_go_to_one_input_only(save_onnx, node, capsys):
    path = save_onnx([node("Add", ["a", "b"], ["y"])], {"a": [1, 1, 28, 28], "b": [1, 1, 28, 28]}, ["y"])
    assert commands.image_classifier([DIGIT, f"-model={path}"]) == 2
    line = "image-classifier feeds images to one input, and the network has a, b. Use model-profiler, with an -input-dataset"
    assert line in capsys.readouterr().err


def test_raw_arrays(note_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pixels = np.asarray(Image.open(DIGIT), np.float32) / 255
    (tmp_path / "samples").mkdir()
    pixels.tofile(tmp_path / "samples" / "one.bin")
    words = [f"-model={note_model}", "-onnx-define-symbol=N,1", "-dump-profile=p.yaml"]
    assert commands.model_profiler([*words, "-input-dataset=max_pooling_1_input,rawbin,dir,samples"]) == 0
    assert profile.read("p.yaml").entries["max_pooling_1_input:0"].high == 1


def compile_note(note_model, *options) -> int:
    words = [f"-model={note_model}", "-onnx-define-symbol=N,1", "-emit-bundle=out", "-network-name=net", *options]
    return commands.model_compiler(words)


def test_a_float_bundle_for_a_core_without_fpu(note_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert compile_note(note_model, "-target=arm", "-mcpu=cortex-m0") == 0
    assert "float<1 x 28 x 28 x 1>" in (tmp_path / "out" / "net.h").read_text()


def test_the_dynamic_interface(note_model, note_profile, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = [f"-load-profile={note_profile}", "-bundle-api=dynamic", "-bundle-api-verbose", "-llvm-save-asm", "-g"]
    assert compile_note(note_model, *options, "-relocation-model=pic") == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "net.c",
        "net.h",
        "net.o",
        "net.s",
        "net.weights.bin",
    }
    header = (tmp_path / "out" / "net.h").read_text()
    assert "extern struct BundleConfig net_config;" in header and "// Constants:" in header
    assert "net_config" in (tmp_path / "out" / "net.s").read_text()


def test_a_profile_with_another_hash_is_used_and_both_hashes_are_named(
    note_model, note_profile, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "same.yaml").write_bytes(note_profile.read_bytes())
    made_for = f"0x{profile.read(note_profile).graph_hash:X}"
    text = note_profile.read_text()
    assert text.count(made_for) == 1
    (tmp_path / "other.yaml").write_text(text.replace(made_for, "0x123456789ABCDEF"))
    written = []
    for name in ("same", "other"):
        assert compile_note(note_model, f"-load-profile={name}.yaml", "-convert-placeholders") == 0
        written.append(((tmp_path / "out" / "net.weights.bin").read_bytes(), capsys.readouterr()))
    (weights, quiet), (others, told) = written
    assert weights == others
    assert "hash" not in quiet.out + quiet.err
    (line,) = [line for line in (told.out + told.err).splitlines() if "hash" in line]
    assert "0x123456789ABCDEF" in line and made_for in line


def test_the_tools_start_without_what_only_drawing_and_training_need():
    slow = "matplotlib", "onnxruntime", "tensorflow", "scipy"
    code = f"import sys, helpers.compiler.commands.commands; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=artifacts.ROOT, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("word", ["0", "-1", "11", "x"])
def test_topk_is_a_number_of_labels(note_model, word, capsys):
    words = [DIGIT, f"-model={note_model}", "-onnx-define-symbol=N,1", "-image-mode=0to1", "-image-layout=NHWC"]
    assert commands.image_classifier([*words, f"-topk={word}"]) == 2
    printed = capsys.readouterr().err
    assert "topk" in printed and printed.count("\n") == 1


@pytest.mark.parametrize("bins", ["0", "-5", "4097", "100000000", "99999999999999"])
def test_bins_have_bounds(note_model, tmp_path, monkeypatch, capsys, bins):
    monkeypatch.chdir(tmp_path)
    words = [DIGIT, f"-model={note_model}", "-onnx-define-symbol=N,1", "-image-mode=0to1", "-image-layout=NHWC"]
    assert commands.image_classifier([*words, "-dump-profile=p.yaml", f"-num-histogram-bins={bins}"]) == 2
    line = f"error: -num-histogram-bins cannot be {bins}. Use a whole number from 1 to 4,096.\n"
    assert capsys.readouterr().err == line
    assert not list(tmp_path.iterdir())


def test_kl_calibration_takes_no_histogram_of_a_hundred_thousand_bins(note_model, tmp_path, note_profile, capsys):
    text = re.sub(
        r"Histogram: .*?\]", f"Histogram: [ {', '.join(['1'] * 5000)} ]", note_profile.read_text(), flags=re.S
    )
    (tmp_path / "p.yaml").write_text(text)
    words = [f"-model={note_model}", "-onnx-define-symbol=N,1", f"-load-profile={tmp_path / 'p.yaml'}"]
    assert commands.model_compiler([*words, "-quantization-calibration=KL"]) == 2
    assert "has 5,000 bins, and KL calibration takes 4,096. Profile again with" in capsys.readouterr().err
    assert commands.model_compiler(words) == 0


@pytest.mark.parametrize("output", ["-dump-profile", "-dump-graph-DAG", "-dump-graph-DAG-before-compile"])
def test_an_output_that_is_an_input_is_refused(note_model, tmp_path, monkeypatch, capsys, output):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.onnx").write_bytes(note_model.read_bytes())
    tool = commands.image_classifier if output == "-dump-profile" else commands.model_compiler
    images = [DIGIT] if output == "-dump-profile" else []
    assert tool([*images, "-model=net.onnx", "-onnx-define-symbol=N,1", f"{output}=./net.onnx"]) == 2
    assert capsys.readouterr().err == "error: ./net.onnx: is both read and written. Name another file to write.\n"
    assert (tmp_path / "net.onnx").read_bytes() == note_model.read_bytes()


def test_a_profile_goes_through_a_link_and_into_a_device(note_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "p.yaml").write_text("old")
    (tmp_path / "p.yaml").symlink_to("real/p.yaml")
    words = [DIGIT, f"-model={note_model}", "-onnx-define-symbol=N,1", "-image-mode=0to1", "-image-layout=NHWC"]
    assert commands.image_classifier([*words, "-dump-profile=p.yaml"]) == 0
    assert (tmp_path / "p.yaml").is_symlink()
    assert profile.read(tmp_path / "real" / "p.yaml").entries
    assert commands.image_classifier([*words, "-dump-profile=/dev/null"]) == 0
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("source", ["dir,in", "file,list.txt,in"])
def test_a_profile_does_not_replace_data_that_it_is_made_from(note_model, tmp_path, monkeypatch, capsys, source):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.bin").write_bytes(np.zeros(784, np.float32).tobytes())
    (tmp_path / "list.txt").write_text("a.bin\n")
    name = re.search(r"-input-dataset=(\w+)", _complaint_without_dataset(note_model, capsys))[1]
    words = [f"-model={note_model}", "-onnx-define-symbol=N,1", f"-input-dataset={name},rawbin,{source}"]
    assert commands.model_profiler([*words, "-dump-profile=in/a.bin"]) == 2
    assert "in/a.bin: is both read and written" in capsys.readouterr().err
    assert (tmp_path / "in" / "a.bin").read_bytes() == np.zeros(784, np.float32).tobytes()


def _complaint_without_dataset(model, capsys) -> str:
    commands.model_profiler([f"-model={model}", "-onnx-define-symbol=N,1", "-dump-profile=p.yaml"])
    return capsys.readouterr().err


@pytest.mark.parametrize("source", ["-input-image-dir=in", "-input-image-list-file=list.txt"])
def test_a_profile_does_not_replace_images_of_a_folder_or_a_list(words, tmp_path, capsys, source):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(Path(DIGIT).read_bytes())
    (tmp_path / "list.txt").write_text("in/a.png\n")
    assert commands.image_classifier([*words, source, "-dump-profile=in/a.png"]) == 2
    assert "in/a.png: is both read and written" in capsys.readouterr().err
    assert (tmp_path / "in" / "a.png").read_bytes() == Path(DIGIT).read_bytes()
