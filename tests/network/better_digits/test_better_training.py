"""The better network's training: it repeats itself, keeps its hands off held-out images, and rounds as it says."""

import dataclasses

import numpy as np
import pytest

from helpers.common.errors import BadParameter, Unsupported
from helpers.data import mnist
from helpers.network import cnn
from helpers.network.better_digits import augmentation, rounding, shapes, split, training
from helpers.network.better_digits.augmentation import Limits
from helpers.network.keras import tf

STILL = Limits(0.0, 0.0, 0.0, 0.0)


def few(images: int = 300) -> mnist.Mnist:
    data = mnist.load()
    return dataclasses.replace(data, x_train=data.x_train[:images], y_train=data.y_train[:images])


@pytest.fixture(scope="module")
def first():
    return training.in_float32(few(), epochs=1)


@pytest.fixture(scope="module")
def trained(first) -> training.Trained:
    return training.further(first, few(), epochs=1)


def test_equal_seeds_give_equal_networks_whatever_the_held_out_and_test_images_are(trained):
    data = few()
    hidden = data.x_train.copy()
    hidden[split.trained_on(data) :] = 0
    blank = dataclasses.replace(data, x_train=hidden, x_test=np.zeros_like(data.x_test), y_test=data.y_test[::-1])
    blind = training.train(blank, epochs=1, rounded_epochs=1)
    for again, before in zip(blind.network.get_weights(), trained.network.get_weights(), strict=True):
        np.testing.assert_array_equal(again, before)


def test_a_twelfth_is_held_out_and_no_image_is_in_both_parts():
    data = few(600)
    x, y = split.held_out(data)
    assert split.trained_on(data) == 550 and len(x) == len(y) == 50
    np.testing.assert_array_equal(x, data.x_train[550:])


def test_every_weight_is_on_one_of_fifteen_marks(trained):
    assert trained.scales.largest == 7
    for layer in rounding.weighted(trained.network):
        integers = layer.get_weights()[0] / trained.scales.weights[layer.name]
        np.testing.assert_array_equal(integers, np.rint(integers))
        assert 4 <= np.abs(integers).max() <= 7
    every = [*trained.scales.weights.values(), *trained.scales.results.values()]
    assert all(np.log2(scale) == round(np.log2(scale)) for scale in every)


def test_training_further_leaves_the_first_network_alone(first, trained):
    kernels = [each.get_weights()[0] for each in rounding.weighted(first)]
    rounded = [each.get_weights()[0] for each in rounding.weighted(trained.network)]
    assert all((a != b).any() for a, b in zip(kernels, rounded, strict=True))
    assert len(np.unique(kernels[1])) > 15 >= len(np.unique(rounded[1]))


def test_rounding_and_its_slope():
    x = tf.constant([-2.0, -0.3, 0.1, 0.3, 5.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = rounding.rounded(x, 0.25, -4, 3)
    np.testing.assert_array_equal(y, [-1.0, -0.25, 0.0, 0.25, 0.75])
    np.testing.assert_array_equal(tape.gradient(y, x), [0, 1, 1, 1, 0])
    assert [rounding.power_of_two(each) for each in (0.25, 0.26, 3.0)] == [0.25, 0.5, 4.0]
    np.testing.assert_array_equal(rounding.on_marks(np.array([0.9, -9.0]), 0.5, 7), np.float32([1.0, -3.5]))


def test_images_that_are_not_moved_stay_and_others_move_by_the_seed():
    images = cnn.as_input(few(8).x_train)
    np.testing.assert_allclose(augmentation.moved(images, (1, 0), STILL), images, atol=1e-6)
    first, again, other = (augmentation.moved(images, (1, number)).numpy() for number in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any() and first.shape == images.shape and 0 <= first.min() <= first.max() <= 1


def middle(images: np.ndarray) -> np.ndarray:
    """The centre of the ink of each image, (column, row)."""
    images = images[..., 0]
    total = images.sum((1, 2))
    places = np.arange(images.shape[1])
    return np.stack([(images.sum(1) * places).sum(1) / total, (images.sum(2) * places).sum(1) / total], 1)


def test_shifts_stay_within_their_limits_and_use_them():
    images = np.zeros((200, 28, 28, 1), np.float32)
    images[:, 12:16, 12:16] = 1
    apart = middle(augmentation.moved(images, (1, 0), Limits(0.0, 0.0, 0.0, 3.0)).numpy()) - 13.5
    assert np.abs(apart).max() <= 3 + 1e-4 and (np.abs(apart).max(0) > 2.5).all() and (apart.min(0) < -2.5).all()


def test_turns_keep_the_distance_from_the_middle():
    images = np.zeros((200, 28, 28, 1), np.float32)
    images[:, 2:5, 12:16] = 1
    apart = middle(augmentation.moved(images, (1, 0), Limits(90.0, 0.0, 0.0, 0.0)).numpy()) - 13.5
    np.testing.assert_allclose(np.hypot(*apart.T), 10.5, atol=0.1)
    assert apart[:, 0].min() < -9 and apart[:, 0].max() > 9


def test_every_shape_gives_ten_logits_and_equal_seeds_equal_weights():
    for shape in shapes.SHAPES:
        first, again = shapes.build(shape, 3), shapes.build(shape, 3)
        assert first.output_shape == (None, 10)
        assert all((a == b).all() for a, b in zip(first.get_weights(), again.get_weights(), strict=True))


@pytest.mark.parametrize(
    "wrong", [{"bits": 1}, {"bits": 9}, {"epochs": 0}, {"rounded_epochs": -1}, {"seed": -1}, {"shape": "round"}]
)
def test_numbers_out_of_range_are_refused_before_training(wrong):
    with pytest.raises(BadParameter):
        training.train(few(64), **{"epochs": 1, **wrong})


def test_layers_that_cannot_be_rounded_are_refused():
    with pytest.raises(Unsupported, match="depthwise_2"):
        training.further(shapes.build("depthwise"), few(64))
    with pytest.raises(BadParameter, match="all zero"):
        rounding.power_of_two(0.0)
