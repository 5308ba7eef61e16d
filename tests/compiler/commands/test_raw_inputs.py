"""-input-dataset: a dataset for each input, read as real Glow reads it; what is refused, in one line."""

import re
from pathlib import Path

import numpy as np
import pytest
import several_inputs

from helpers.common.errors import BadInput, BadParameter, WorkbookError
from helpers.compiler.commands import commands, raw_inputs
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.profiling import profile


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The working folder, with two networks and data for their inputs: three inferences."""
    monkeypatch.chdir(tmp_path)
    for name in ("image_and_sensor", "compared"):
        made = several_inputs.NETWORKS[name]()
        Path(f"{name}.onnx").write_bytes(made.SerializeToString())
        for input_name, array in several_inputs.samples(made, 3).items():
            Path(input_name).mkdir()
            for index, each in enumerate(array):
                each.tofile(Path(input_name, f"{index}.bin"))
    return tmp_path


def run(model: str, *datasets: str) -> int:
    words = [f"-input-dataset={each}" for each in datasets]
    return commands.model_profiler([f"-model={model}.onnx", "-dump-profile=p.yaml", *words])


def graph(**types: TensorType) -> Graph:
    made = Graph("made")
    for name, each in types.items():
        made.add_placeholder(name, each)
    return made


def test_one_dataset_an_input_in_any_order(folder):
    assert run("image_and_sensor", "sensor,rawbin,dir,sensor", "image,rawbin,dir,image") == 0
    entries = profile.read("p.yaml").entries
    for name in ("image", "sensor"):
        every = np.concatenate([np.fromfile(path, np.float32) for path in Path(name).iterdir()])
        assert (entries[f"{name}:0"].low, entries[f"{name}:0"].high) == (every.min(), every.max())
        assert sum(entries[f"{name}:0"].histogram) == every.size


def test_the_files_own_names_of_inputs_will_do(folder):
    assert run("compared", "first-image,rawbin,dir,first-image", "second_image,rawbin,dir,second-image") == 0


@pytest.mark.parametrize(
    ("datasets", "line"),
    [
        (
            [],
            "no -input-dataset for input image, sensor. Add -input-dataset=image,rawbin,dir,FOLDER -input-dataset=sensor,",
        ),
        (
            ["image,rawbin,dir,image"],
            "no -input-dataset for input sensor. Add -input-dataset=sensor,rawbin,dir,FOLDER.",
        ),
        (["image,rawbin,dir,image"] * 2, "names input 'image' twice. Give each input one dataset."),
        (["picture,rawbin,dir,image"], "names 'picture', which is no input. Use image, sensor."),
        (["image,rawbin,dir,image", "sensor,rawbin,file,two.txt"], "equal counts of files: 3 for image, 2 for sensor."),
        (["image,rawbin,dir,image", "sensor,rawbin,dir,none"], "none: is not a folder."),
        (["image,rawbin,dir,image", "sensor,rawbin,file,none"], "none: does not exist."),
        (["image,rawbin,dir,image", "sensor,rawbin,file,two.txt,none"], "none: is not a folder."),
        (
            ["image,rawbin,dir,image", "sensor,rawbin,file,bare.txt"],
            "0.bin: does not exist, and bare.txt names it. Name the",
        ),
        (["image,rawbin,dir,image", "sensor,rawbin,file,empty.txt"], "empty.txt: names no data."),
        (["image,rawbin,dir,sensor", "sensor,rawbin,dir,sensor"], "holds 3 numbers; the input takes 36 of float32."),
    ],
)
def test_refusals_are_one_line(datasets, line, folder, capsys):
    Path("two.txt").write_text("sensor/0.bin\nsensor/1.bin\n")
    Path("bare.txt").write_text("0.bin\n")
    Path("empty.txt").write_text("\n , \n")
    assert run("image_and_sensor", *datasets) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1 and line in errors[0]
    assert not Path("p.yaml").exists()


@pytest.mark.parametrize(
    "word",
    [
        "", "x", "x,rawbin", "x,rawbin,dir", "x,rawbin,dir,", ",rawbin,dir,d", "x,bin,dir,d", "x,rawbin,folder,d",
        "x,rawbin,dir,d,e", "x,rawbin,file,l,", "x,rawbin,file,l,d,e",
    ],
)  # fmt: skip
def test_wrong_forms(word):
    with pytest.raises(
        BadParameter, match=f"-input-dataset cannot be '{re.escape(word)}'. Write it as NAME,rawbin,dir"
    ):
        raw_inputs.load([word], graph(x=TensorType((1, 2))))


def test_a_list_as_real_glow_reads_it(tmp_path, monkeypatch):
    """The first word of each line, from the working folder; with a fifth part, from that folder."""
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    for name, number in (("a", 1), ("b", 2), ("c", 3)):
        Path("data", f"{name}.txt").write_text(f"{number}, {number},")
    Path("data", "list.csv").write_text("data/b.txt\ndata/a.txt,\ndata/c.txt 'cat'\ndata/a.txt,dog\ndata/b.txt ,2\n\n")
    x = TensorType((1, 2))
    found = raw_inputs.load(["x,rawtxt,file,data/list.csv"], graph(x=x))["x"]
    assert found.tolist() == [[2, 2], [1, 1], [3, 3], [1, 1], [2, 2]] and found.dtype == np.float32
    Path("list.txt").write_text("c.txt\nb.txt\n")
    assert raw_inputs.load(["x,rawtxt,file,list.txt,data"], graph(x=x))["x"].tolist() == [[3, 3], [2, 2]]


def test_a_folders_files_by_name_and_no_folders(tmp_path):
    for name, number in (("b", 2), ("a", 1), ("B", 0)):
        (tmp_path / name).write_text(f"{number}")
    (tmp_path / "folder").mkdir()
    assert raw_inputs.load([f"x,rawtxt,dir,{tmp_path}"], graph(x=TensorType((1, 1))))["x"].tolist() == [[0], [1], [2]]


def test_a_file_holds_the_whole_batch(tmp_path):
    np.arange(6, dtype=np.float32).tofile(tmp_path / "0")
    np.arange(6, 12, dtype=np.float32).tofile(tmp_path / "1")
    found = raw_inputs.load([f"x,rawbin,dir,{tmp_path}"], graph(x=TensorType((2, 3))))["x"]
    assert found.tolist() == np.arange(12).reshape(4, 3).tolist()


@pytest.mark.parametrize(("element", "kind"), [("int8", np.int8), ("int16", np.int16)])
def test_integer_inputs_take_integers(element, kind, tmp_path):
    wanted = graph(x=TensorType((1, 3), element, 0.5, 0))
    for form, write in (("rawbin", lambda path: kind([-128, 0, 127]).tofile(path)),
                        ("rawtxt", lambda path: path.write_text("-128, 0\n127,"))):  # fmt: skip
        (tmp_path / form).mkdir()
        write(tmp_path / form / "0")
        found = raw_inputs.load([f"x,{form},dir,{tmp_path / form}"], wanted)["x"]
        assert found.dtype == kind and found.tolist() == [[-128, 0, 127]]


@pytest.mark.parametrize(
    ("element", "text", "line"),
    [
        ("int8", "1, 2.5, 3", "does not hold int8 numbers (a number that is not whole, or out of range)"),
        ("int8", "1, 128, 3", "does not hold int8 numbers (a number that is not whole, or out of range)"),
        ("float", "1, nan, 3", "does not hold float32 numbers (a number that is not finite)"),
        ("float", "1, 1e300, 3", "does not hold float32 numbers (a number that is not finite)"),
        ("float", "1, two, 3", "does not hold float32 numbers"),
        ("float", "1, 2", "holds 2 numbers; the input takes 3 of float32"),
    ],
)
def test_numbers_that_are_refused(element, text, line, tmp_path):
    (tmp_path / "0").write_text(text)
    with pytest.raises(BadInput, match=re.escape(line)):
        raw_inputs.load(
            [f"x,rawtxt,dir,{tmp_path}"], graph(x=TensorType((1, 3), element, 0.5 * (element == "int8"), 0))
        )


def test_a_file_cut_within_a_number(tmp_path):
    (tmp_path / "0").write_bytes(bytes(11))
    with pytest.raises(WorkbookError, match="does not hold float32 numbers"):
        raw_inputs.load([f"x,rawbin,dir,{tmp_path}"], graph(x=TensorType((1, 3))))
