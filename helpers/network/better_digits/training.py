"""Train a better network for digits: moved images, first in float32, then rounded to the integers that the board will use.

The last twelfth of the training images is never trained on. Shape, bits and epochs were chosen by it; test images choose
nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from helpers.data.mnist import Mnist
from helpers.network import cnn
from helpers.network.better_digits import augmentation, rounding, shapes, split
from helpers.network.better_digits.rounding import Scales
from helpers.network.keras import keras, tf
from helpers.network.training import check

EPOCHS, ROUNDED_EPOCHS, BITS = 30, 10, 4
BATCH = 128
RATE, ROUNDED_RATE = 3e-3, 1e-3  # of Adam at the beginning; a cosine takes it to 0
MEASURED = 2000  # images for the ranges of results

Report = Callable[[str, int, float], None]


@dataclass(frozen=True)
class Trained:
    """A network with its weights on their marks, and the scales of all values."""

    network: keras.Sequential
    scales: Scales


def train(  # noqa: PLR0913 (each is a choice of the reader's)
    data: Mnist,
    seed: int = 1,
    epochs: int = EPOCHS,
    rounded_epochs: int = ROUNDED_EPOCHS,
    bits: int = BITS,
    shape: str = shapes.CHOSEN,
    report: Report = lambda phase, epoch, loss: None,
) -> Trained:
    """Train in float32, choose scales, and train on with rounding. Equal seeds give equal networks on one machine.

    bits: of a weight, 2 to 8. report is called with the phase, the epoch and its loss. Raises BadParameter for numbers out
    of range or an unknown shape.
    """
    check(rounded_epochs=(rounded_epochs, 0, 1000), bits=(bits, 2, 8))
    first = in_float32(data, seed, epochs, shape, report)
    return further(first, data, seed, rounded_epochs, bits, report)


def in_float32(
    data: Mnist,
    seed: int = 1,
    epochs: int = EPOCHS,
    shape: str = shapes.CHOSEN,
    report: Report = lambda phase, epoch, loss: None,
) -> keras.Sequential:
    """Train one of shapes.SHAPES on moved images, without rounding. Raises BadParameter for numbers out of range."""
    check(seed=(seed, 0, 2**31 - 1), epochs=(epochs, 1, 1000))
    network = shapes.build(shape, seed)
    _descend(network, lambda images: network(images, training=True), data, (seed, 0), epochs, RATE, report)
    return network


def further(
    network: keras.Sequential,
    data: Mnist,
    seed: int = 1,
    epochs: int = ROUNDED_EPOCHS,
    bits: int = BITS,
    report: Report = lambda phase, epoch, loss: None,
) -> Trained:
    """Choose scales for a float network and train a copy of it with rounding; epochs 0 only rounds its weights.

    Raises BadParameter for numbers out of range, Unsupported for layers that cannot be rounded.
    """
    check(seed=(seed, 0, 2**31 - 1), epochs=(epochs, 0, 1000), bits=(bits, 2, 8))
    seen = data.x_train[: min(MEASURED, split.trained_on(data))]
    scales = rounding.measure(network, cnn.as_input(seen), bits)
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    if epochs:
        _descend(
            copy, lambda images: rounding.forward(copy, scales, images), data, (seed, 1), epochs, ROUNDED_RATE, report
        )
    rounding.round_weights(copy, scales)
    return Trained(copy, scales)


def right(trained: Trained, images: np.ndarray, labels: np.ndarray) -> int:
    """Count the uint8 images [n, 28, 28] that the rounded network reads as their label, computed in float32."""
    logits = rounding.forward(trained.network, trained.scales, tf.constant(cnn.as_input(images)))
    return int((logits.numpy().argmax(1) == labels).sum())


PHASES = ("float32", "rounded")


def _descend(network, forward, data: Mnist, stream: tuple[int, int], epochs: int, rate: float, report: Report) -> None:  # noqa: PLR0913
    """Train for some epochs, and report each. stream: the seed, and the number of the phase."""
    count = split.trained_on(data)
    batch = min(BATCH, count)
    steps = count // batch
    run = _epoch(network, forward, data, count, keras.optimizers.schedules.CosineDecay(rate, epochs * steps), stream)
    for epoch in range(epochs):
        order = np.random.default_rng([*stream, epoch]).permutation(count)[: steps * batch]
        loss = run(tf.constant(order.reshape(steps, batch), tf.int32), tf.constant(epoch * steps))
        report(PHASES[stream[1]], epoch + 1, float(loss))


def _epoch(network, forward, data: Mnist, count: int, rate, stream: tuple[int, int]) -> Callable:
    """Return a compiled function of image numbers [steps, batch] and of the steps before; it returns the mean loss."""
    x, y = tf.constant(data.x_train[:count]), tf.constant(data.y_train[:count].astype(np.int32))
    optimizer, weights = keras.optimizers.Adam(rate), network.trainable_variables
    optimizer.build(weights)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function
    def run(numbers, before):
        total = 0.0
        for step in tf.range(len(numbers)):
            images = tf.cast(tf.gather(x, numbers[step])[..., None], tf.float32) * (1 / 255)
            images = augmentation.moved(images, [stream[0], 2 * (before + step) + stream[1]])
            with tf.GradientTape() as tape:
                loss = loss_of(tf.gather(y, numbers[step]), forward(images))
            optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
            total += loss
        return total / tf.cast(len(numbers), tf.float32)

    return run
