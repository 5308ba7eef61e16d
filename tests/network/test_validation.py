"""The note's validation script: which image, what is kept, what is answered."""

import json

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.common.errors import BadParameter
from helpers.data import images, strokes
from helpers.network import cnn, validation
from tests import samples
from tests.data import photographs


@pytest.fixture
def digits(monkeypatch):
    data = samples.noise(10, 40)
    monkeypatch.setattr(validation.mnist, "load", lambda: data)
    return data


def test_the_shipped_image_is_a_seven():
    choice = validation.choose()
    assert choice.digit == 7 and choice.pixels.shape == (28, 28, 1)
    assert validation.answer(cnn.load_h5(artifacts.DATA / "mnist.h5"), choice.pixels).argmax() == 7


def test_an_image_by_its_number(digits):
    choice = validation.choose("index", index=13)
    assert (choice.pixels[:, :, 0] == digits.x_test[13]).all() and choice.digit == digits.y_test[13]
    assert choice.name == "test image 13"


def test_a_random_image_follows_its_seed(digits):
    names = [validation.choose("random", seed=seed).name for seed in (1, 1, 2, 3, 4)]
    assert names[0] == names[1] and len(set(names)) > 2


@pytest.mark.parametrize("index", [-1, 40])
def test_a_number_beyond_the_images(digits, index):
    with pytest.raises(BadParameter, match="Use a number from 0 to 39"):
        validation.choose("index", index=index)


def test_another_word():
    with pytest.raises(BadParameter, match="Use one of shipped, index, random"):
        validation.choose("best")


def test_what_is_kept(build):
    choice = validation.choose()
    validation.keep(choice, np.arange(10, dtype=np.float32) / 3)
    assert (images.read_png(build / "current_test_image.png") == choice.pixels).all()
    kept = json.loads((build / "model_answer.json").read_text())
    assert kept["top1"] == 9 and kept["digit"] == 7 and kept["logits"][1] == 0.333


def test_the_command_prints_ten_outputs_and_the_class(build, digits, capsys):
    assert validation.main(["-image=index", "-index=3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 12 and lines[0].startswith("test image 3, a")
    assert lines[-1] == f"Top1 class = {json.loads((build / 'model_answer.json').read_text())['top1']}"


def test_the_command_says_in_one_line_what_is_wrong(build, digits, capsys):
    assert validation.main(["-image=index", "-index=99"]) == 2
    assert capsys.readouterr().err == "error: image_index: is 99. Use a number from 0 to 39.\n"
    assert not build.exists()


def test_a_photo_of_ones_own_is_an_image(tmp_path):
    photographs.paper(strokes.examples()[4]).save(tmp_path / "four.jpg")
    choice = validation.choose("file", file=str(tmp_path / "four.jpg"))
    assert choice.pixels.shape == (28, 28, 1) and choice.digit is None and choice.label == "?"
    assert choice.photo.inverted


@pytest.mark.parametrize(("options", "words"), [
    ({"image": "file"}, "image_file: names no file. Use a path"),
    ({"image": "index", "index": "7"}, "image_index: is '7'. Use a whole number without quotes, such as 7"),
    ({"image": "random", "seed": 1.5}, "seed: is 1.5. Use a whole number"),
])  # fmt: skip
def test_a_wrong_choice_is_one_line(options, words):
    with pytest.raises(BadParameter, match=words):
        validation.choose(**options)
