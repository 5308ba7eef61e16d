"""The record of a training run."""

import json

import pytest

from helpers.common.errors import BadInput, MissingInput
from helpers.network import history
from helpers.network.history import History


def some(epochs=2):
    record = History("note", 32, 1, 60, 10)
    for epoch in range(epochs):
        record.add(loss=1 / (epoch + 1), accuracy=0.5, val_loss=0.25, val_accuracy=0.75)
    return record


def test_what_is_written_is_read(tmp_path):
    record = some()
    history.write(tmp_path / "h.json", record)
    assert history.read(tmp_path / "h.json") == record


def test_an_epoch_in_words():
    assert some().line(2) == "Epoch 2/2 - loss: 0.5000 - accuracy: 0.5000 - val_loss: 0.2500 - val_accuracy: 0.7500"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"loss": [1]}', "\xff"])
def test_what_is_no_history(tmp_path, text):
    (tmp_path / "h.json").write_text(text, encoding="latin-1")
    with pytest.raises(BadInput, match=r"no history.*Run notebooks/02_train\.ipynb"):
        history.read(tmp_path / "h.json")


@pytest.mark.parametrize("curve", [[1.0], ["a", "b"]])
def test_curves_that_do_not_belong_together(tmp_path, curve):
    history.write(tmp_path / "h.json", some())
    values = json.loads((tmp_path / "h.json").read_text()) | {"loss": curve}
    (tmp_path / "h.json").write_text(json.dumps(values))
    with pytest.raises(BadInput, match="do not belong together"):
        history.read(tmp_path / "h.json")


def test_a_missing_history_names_the_notebook(tmp_path):
    with pytest.raises(MissingInput, match="02_train"):
        history.read(tmp_path / "h.json")
