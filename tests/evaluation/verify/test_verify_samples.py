"""What networks are compared on: PNG files, folders, MNIST and .npz files, and what is refused."""

import numpy as np
import pytest

from helpers.common.errors import BadInput, BadParameter, MissingInput, WorkbookError
from helpers.data import images
from helpers.evaluation.verify import samples
from helpers.evaluation.verify.samples import Loading
from tests.samples import noise


@pytest.fixture
def save(tmp_path):
    """Function: an .npz of these arrays; returns its name."""

    def written(**arrays) -> str:
        np.savez(tmp_path / "data.npz", **arrays)
        return str(tmp_path / "data.npz")

    return written


@pytest.fixture
def folder(tmp_path):
    for name, level in (("b", 255), ("a", 51)):
        images.write_png(tmp_path / "digits" / f"{name}.png", np.full((4, 4), level, np.uint8))
    return str(tmp_path / "digits")


def test_a_folder_in_order_of_name(folder):
    found = samples.load([folder], (1, 4, 4, 1))
    assert found.names == ("a.png", "b.png") and found.labels is None
    assert found.arrays.shape == (2, 4, 4, 1) and found.arrays.dtype == np.float32
    assert np.allclose(found.arrays[:, 0, 0, 0], [0.2, 1.0])


def test_files_and_folders_together_in_the_other_layout_and_mode(folder):
    found = samples.load([f"{folder}/b.png", folder], (1, 1, 4, 4), Loading(count=2, mode="neg1to1"))
    assert found.names == ("b.png", "a.png") and found.arrays.shape == (2, 1, 4, 4)
    assert np.allclose(found.arrays[:, 0, 0, 0], [1.0, -0.6])


def test_mnist(monkeypatch):
    data = noise(10, 30)
    monkeypatch.setattr(samples.mnist, "load", lambda: data)
    found = samples.load(["mnist"], (1, 28, 28, 1), Loading(count=20))
    assert found.names[19] == "test image 19" and (found.labels == data.y_test[:20]).all()
    assert np.allclose(found.arrays[..., 0], data.x_test[:20] / 255, atol=1e-6)


def test_floats_as_they_are_with_their_labels(save):
    x = np.arange(24, dtype=np.float32).reshape(2, 12)
    found = samples.load([save(x_test=x, y_test=np.array([1, 0]))], (1, 3, 4))
    assert (found.arrays == x.reshape(2, 3, 4)).all() and found.labels.tolist() == [1, 0]


def test_pixels_for_a_network_that_takes_a_row(save):
    found = samples.load([save(x=np.full((3, 2, 2), 255, np.uint8))], (1, 4))
    assert (found.arrays == 1).all() and found.arrays.shape == (3, 4) and found.labels is None


def test_labels_named_on_the_command_line(folder):
    assert samples.load([folder], (1, 4, 4, 1), Loading(count=1, labels=np.array([5, 6]))).labels.tolist() == [5]
    with pytest.raises(BadParameter, match="1 labels for 2 images"):
        samples.load([folder], (1, 4, 4, 1), Loading(labels=np.array([5])))


@pytest.mark.parametrize(
    ("arrays", "line"),
    [
        ({"y": np.zeros(3, int)}, "no array x"),
        ({"x": np.zeros((2, 4))}, "no array x of uint8 pixels or float32"),
        ({"x": np.zeros((0, 4), np.float32)}, "no array x"),
        ({"x": np.zeros((2, 4), np.uint8)}, "pixels of shape"),
        ({"x": np.full((2, 4), np.nan, np.float32)}, "not finite"),
        ({"x": np.zeros((2, 4), np.float32), "y": np.zeros(3, int)}, "labels y"),
        ({"x": np.zeros((2, 5), np.float32)}, "holds 5 numbers; the network takes 4"),
    ],
)
def test_an_npz_that_is_refused(arrays, line, save):
    with pytest.raises(BadInput, match=line):
        samples.load([save(**arrays)], (1, 4))


@pytest.mark.parametrize(
    ("words", "shape", "kind"),
    [
        (["nothing.png"], (1, 4, 4, 1), MissingInput),
        (["nothing.npz"], (1, 4, 4, 1), MissingInput),
        (["FOLDER"], (1, 5, 4, 1), BadInput),
        (["FOLDER"], (1, 4, 4, 3), BadInput),
        (["FOLDER"], (2, 4, 4, 1), BadParameter),
    ],
)
def test_images_that_are_refused(words, shape, kind, folder):
    with pytest.raises(WorkbookError) as refusal:
        samples.load([folder if word == "FOLDER" else word for word in words], shape)
    assert type(refusal.value) is kind


TWO = {"image": (1, 2, 2, 1), "sensor": (1, 3)}


def test_several_inputs_from_an_array_each(save):
    image, sensor = np.full((4, 2, 2), 255, np.uint8), np.arange(12, dtype=np.float32).reshape(4, 3)
    found = samples.load([save(image=image, sensor=sensor, y=np.arange(4))], TWO, Loading(count=3))
    assert {name: array.shape for name, array in found.arrays.items()} == {"image": (3, 2, 2, 1), "sensor": (3, 3)}
    assert (found.arrays["image"] == 1).all() and (found.arrays["sensor"] == sensor[:3]).all()
    assert found.labels.tolist() == [0, 1, 2] and found.names == ("sample 0", "sample 1", "sample 2")


def test_an_input_may_be_called_y_and_names_may_be_the_files(save):
    arrays = {"serving/x:0": np.zeros((2, 4), np.float32), "y": np.ones((2, 3), np.float32)}
    found = samples.load([save(**arrays, y_test=np.array([1, 0]))], {"serving_x_0": (1, 4), "y": (1, 3)})
    assert (found.arrays["y"] == 1).all() and found.labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("arrays", "line"),
    [
        ({"image": np.zeros((2, 2, 2), np.uint8)}, "has no array sensor of uint8 pixels or float32"),
        (
            {"image": np.zeros((2, 4), np.float32), "sensor": np.zeros((3, 3), np.float32)},
            "counts: 2 of image, 3 of sensor",
        ),
        (
            {"image": np.zeros((2, 4), np.float32), "sensor": np.zeros((2, 4), np.float32)},
            "holds 4 numbers; the network takes 3",
        ),
    ],
)
def test_an_npz_that_is_refused_for_several_inputs(arrays, line, save):
    with pytest.raises(BadInput, match=line):
        samples.load([save(**arrays)], TWO)


def test_images_alone_are_refused_for_several_inputs(folder):
    with pytest.raises(
        BadParameter, match="has the inputs image, sensor. Give one .npz file with an array under the name"
    ):
        samples.load([folder], TWO)


@pytest.mark.parametrize(("given", "wanted"), [((4, 5, 6, 2), (1, 2, 5, 6)), ((4, 2, 5, 6), (1, 5, 6, 2))])
def test_channels_of_float_images_are_moved_where_the_network_has_them(given, wanted, tmp_path):
    """Not taken in the order in which they lie in memory, which would mix them up."""
    x = np.random.default_rng(0).random(given, np.float32)
    np.savez(tmp_path / "x.npz", x=x)
    order = (0, 3, 1, 2) if given[3] == 2 else (0, 2, 3, 1)
    assert np.array_equal(samples.load([str(tmp_path / "x.npz")], wanted).arrays, x.transpose(order))


def test_images_of_another_order_are_refused_by_axis(tmp_path):
    np.savez(tmp_path / "x.npz", x=np.zeros((4, 5, 2, 6), np.float32))
    with pytest.raises(BadInput, match=r"takes \[2, 5, 6\], its channels along axis 1 \(NCHW\)"):
        samples.load([str(tmp_path / "x.npz")], (1, 2, 5, 6))
