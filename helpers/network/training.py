"""Train as the note does, several times faster than model.fit; a run can be interrupted and resumed.

Training is that of model.fit: the same batches of a fresh shuffle, the same Adam, dropout and averages. The only difference
is that TensorFlow runs a hundred steps per call. Order and dropout depend on seed and step alone, so an interrupted
and resumed run gives the same network as an uninterrupted one.
"""

import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common import artifacts
from helpers.common.errors import BadParameter
from helpers.data.mnist import Mnist
from helpers.network import cnn, history
from helpers.network.checkpoint import Checkpoint
from helpers.network.history import History
from helpers.network.keras import keras, tf

_STEPS_A_CALL = range(125, 49, -1)  # the first that divides an epoch; an interrupt is noticed between two calls
_SMALL = 100_000  # parameters; below, XLA's fused steps win, above, TensorFlow's own convolutions do


@dataclass
class Run:
    """A training run's outcome: the network after its last completed epoch, its history, whether it was interrupted."""

    model: keras.Sequential
    history: History
    interrupted: bool = False


@dataclass(frozen=True)
class Progress:
    """The progress of a run: `epoch` is running (1 is the first), and `fraction` of it is done."""

    epoch: int
    epochs: int
    fraction: float
    history: History


def train(  # noqa: PLR0913 (options of the notebook, by name)
    network: str,
    data: Mnist,
    epochs: int = 100,
    batch_size: int = 32,
    seed: int = 1,
    resume: bool = True,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Run:
    """Train one of cnn.NETWORKS; the defaults are the note's settings.

    resume: continue a run of the same network, batch size, seed and images that was interrupted or asked for fewer
    epochs; False forgets it. on_progress is called several times an epoch. An interrupt (KeyboardInterrupt) ends the
    run early: whole epochs are kept. Raises BadParameter for numbers out of range.
    """
    check(epochs=(epochs, 1, 10_000), batch_size=(batch_size, 1, len(data.x_train)), seed=(seed, 0, 2**31 - 1))
    if not isinstance(resume, bool):  # papermill -p gives "false" as a text, which Python takes for true
        raise BadParameter(f"is {resume!r}", where="resume", remedy="use True or False, spelt so")
    model = cnn.build(network, seed)
    model.optimizer.build(model.trainable_variables)
    variables = [*model.variables, *model.optimizer.variables]
    run = Run(model, History(network, batch_size, seed, len(data.x_train), len(data.x_test)))
    checkpoint = Checkpoint(_checkpoint_path(run.history, data))
    if not resume:
        checkpoint.forget()
    if 0 < checkpoint.epochs() <= epochs:
        checkpoint.restore(variables, run.history)
    kept = [variable.numpy() for variable in variables]
    try:
        for values in _epochs(run, data, epochs, on_progress):
            run.history.add(**values)
            kept = [variable.numpy() for variable in variables]
            checkpoint.save(variables, run.history)
    except KeyboardInterrupt:
        run.interrupted = True
        for variable, value in zip(variables, kept, strict=True):
            variable.assign(value)
    return run


def save(run: Run, h5_path=None, history_path=None):
    """Write the network (build/mnist.h5, as model.save does) and its history (build/history.json)."""
    # Keras binds the metric 'accuracy' when it is first used; a file saved before that evaluates wrongly.
    run.model.evaluate(np.zeros((1, *cnn.IMAGE), np.float32), np.zeros(1, np.uint8), verbose=0)
    with artifacts.replacing(h5_path or artifacts.build("mnist.h5")) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*HDF5 file.*")  # the note's format, and the converter's
        run.model.save(temporary, save_format="h5")
    history.write(history_path or artifacts.build("history.json"), run.history)


def check(**limits: tuple[int, int, int]):
    """Raise BadParameter for a value that is no number or out of range: name=(value, lowest, highest)."""
    for name, (value, lowest, highest) in limits.items():
        if not isinstance(value, int) or not lowest <= value <= highest:
            raise BadParameter(f"is {value!r}", where=name, remedy=f"use a whole number from {lowest} to {highest:,}")


def _checkpoint_path(of: History, data: Mnist) -> Path:
    """Return a file name with everything a run depends on, so that different runs never share a checkpoint."""
    images = zlib.crc32(data.y_train.tobytes(), zlib.crc32(data.x_train.tobytes()))
    return artifacts.build("training", f"{of.network}-batch{of.batch_size}-seed{of.seed}-images{images:08x}.npz")


def _epochs(run: Run, data: Mnist, epochs: int, on_progress):
    """Train epoch after epoch, starting where the history ends; yields each epoch's four values."""
    of, x_test = run.history, cnn.as_input(data.x_test)
    steps = _compiled_steps(run.model, data, of.seed)
    for epoch in range(of.epochs, epochs):
        order = np.random.default_rng([of.seed, epoch]).permutation(of.train_images).astype(np.int32)
        totals, done = np.zeros(2), 0
        for batches in _calls(order, of.batch_size):
            totals += steps(batches, epoch * len(order) + done)
            done += batches.size
            on_progress(Progress(epoch + 1, epochs, done / len(order), of))
        loss, accuracy = totals / len(order)
        val_loss, val_accuracy = run.model.evaluate(x_test, data.y_test, batch_size=1000, verbose=0)
        yield {"loss": loss, "accuracy": accuracy, "val_loss": val_loss, "val_accuracy": val_accuracy}


def _calls(order: np.ndarray, batch_size: int):
    """Split an epoch into calls, each with image numbers (steps, batch).

    XLA compiles anew (seconds) for each shape, so the calls are of one size where the number of batches allows it.
    """
    whole = len(order) // batch_size
    steps = next((steps for steps in _STEPS_A_CALL if whole % steps == 0), _STEPS_A_CALL[0])
    for first in range(0, whole * batch_size, steps * batch_size):
        yield order[first : min(first + steps * batch_size, whole * batch_size)].reshape(-1, batch_size)
    if len(order) % batch_size:
        yield order[None, whole * batch_size :]


def _compiled_steps(model: keras.Sequential, data: Mnist, seed: int) -> Callable:
    """Return a compiled function of image numbers (steps, batch) and of the number of images seen so far.

    It trains these steps and returns the sums over their images of loss and of hits, float32 (2,).
    """
    x, y = tf.constant(data.x_train), tf.constant(data.y_train.astype(np.int32))
    weights, optimizer, loss_of = model.trainable_variables, model.optimizer, model.loss

    @tf.function(jit_compile=model.count_params() < _SMALL)
    def run(batches, seen):
        totals = tf.zeros(2)
        for step in tf.range(len(batches)):
            images = tf.cast(tf.gather(x, batches[step])[..., None], tf.float32) * (1 / 255)
            labels = tf.gather(y, batches[step])
            with tf.GradientTape() as tape:
                logits = _forward(model, images, [seed, seen + step])
                loss = loss_of(labels, logits)
            optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
            hits = tf.reduce_sum(tf.cast(tf.argmax(logits, 1, tf.int32) == labels, tf.float32))
            totals += tf.stack([loss * tf.cast(len(labels), tf.float32), hits])
        return totals

    return lambda batches, seen: run(tf.constant(batches), tf.constant(seen)).numpy()


def _forward(model: keras.Sequential, images, dropout_seed):
    """Run the network in training mode; dropout uses the given seed, so that every step can be repeated."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            images = tf.nn.experimental.stateless_dropout(images, layer.rate, seed=dropout_seed)
        else:
            images = layer(images, training=True)
    return images
