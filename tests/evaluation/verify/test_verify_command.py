"""python -m helpers verify: the table, JSON, the exit status, and the one line of a mistake."""

import json
from pathlib import Path

import pytest

from helpers.common import artifacts
from helpers.evaluation.verify import cli

REFERENCE = Path(__file__).parents[2] / "reference"
DIGIT = str(artifacts.DATA / "current_test_image.png")
WORDS = [
    str(REFERENCE / "MNIST_NXP.onnx"),
    "--images",
    DIGIT,
    "--profile",
    str(REFERENCE / "profile.yaml"),
    "--form",
    "plain",
]


def test_the_table(capsys):
    assert cli.main([*WORDS, "--labels", "7"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["form", "accuracy", "same", "class", "largest", "difference"]
    assert lines[1].split() == ["ONNX", "100.00%"]
    assert lines[3].split() == ["compiled", "here", "100.00%", "1", "of", "1", "0", "bit-equal"]
    assert lines[-1] == "Every form gives what it should."


def test_a_difference_is_status_1_and_names_image_and_layer(capsys, wrong_weight):
    wrong_weight("cortex-m0plus", 64)
    assert cli.main(WORDS) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[4].endswith("DIFFERS")
    assert (
        lines[5].startswith("cortex-m0plus, plain: current_test_image.png: class 7") and "layer sequential_" in lines[5]
    )
    assert lines[-1] == "not what the form above gives: cortex-m0plus, plain"


def test_json(capsys):
    assert cli.main([*WORDS, "--json", "-quantization-schema=symmetric"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["passed"] and found["count"] == 1 and len(found["rows"]) == 4
    assert found["rows"][2]["bit_equal"] is True and found["rows"][1]["accuracy"] is None


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["README.md", "--images", DIGIT],
            "is no model by its name: README.md. Name a file that ends in .h5, .hdf5, .keras, .onnx, .tflite.",
        ),
        (["none.onnx", "--images", DIGIT], "none.onnx: does not exist"),
        ([*WORDS, "--labels", "seven"], "--labels: cannot be 'seven'. Write them as 7,2,1."),
        ([*WORDS, "--count", "0"], "--count: is 0. Use 1 or more."),
        ([*WORDS, "-quantization-schema=symetric"], "Did you mean -quantization-schema=symmetric?"),
    ],
)
def test_a_mistake_is_one_line(words, line, capsys):
    assert cli.main(words) == 2
    err = capsys.readouterr().err
    assert line in err and err.count("\n") == 1
