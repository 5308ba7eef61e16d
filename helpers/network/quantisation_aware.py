"""Quantisation-aware training (the note's section 3): fine-tune a trained network for int8, and convert it to TFLite.

TensorFlow's Model Optimization Toolkit rounds each weight and each result to int8 ("fake quantisation") while training
continues. Weights get a scale for each channel of a convolution; a result's range is a moving average. Weights of fewer
bits are trained without it: one scale a layer, as model-compiler's -weight-bits has it.
"""

import numpy as np

from helpers.common.errors import BadParameter, Unsupported
from helpers.data.mnist import Mnist
from helpers.network import cnn
from helpers.network.keras import keras, quietly, tf
from helpers.network.training import check

LEARNING_RATE = 3e-4  # a third of Adam's default: the network is trained already
FEW_BITS_RATE = 1e-3  # weights must cross half a mark to change; the rate falls to 0, so that they come to rest
SHARES = np.linspace(0.3, 1, 15)  # of a layer's range, of which the marks may cover less


def prepare(model: keras.Sequential, inputs: np.ndarray) -> keras.Model:
    """Copy a float network and add rounding to int8; weights are kept, and results start with their ranges over `inputs`.

    The toolkit would start at -6 to 6, and its moving average would need thousands of steps to forget that.
    inputs: float32 [n, h, w, c]. Raises Unsupported for layers that the toolkit cannot quantise.
    """
    with quietly():
        import tensorflow_model_optimization as tfmot  # takes seconds to load
    keras.backend.reset_uids()  # the same names of layers each time, so that the same network gives the same file
    try:
        prepared = cnn.compiled(tfmot.quantization.keras.quantize_model(model))
    except (RuntimeError, ValueError) as error:
        reason = f"cannot be trained for int8 ({str(error).splitlines()[0][:120]})"
        raise Unsupported(reason, where=model.name, remedy="use layers of the note's network") from error
    measured = {**measured_ranges(model, inputs), "quantize_layer": (float(inputs.min()), float(inputs.max()))}
    for name, ends in _range_variables(prepared).items():
        for variable, value in zip(ends, measured[name], strict=True):
            variable.assign(value)
    return prepared


def fine_tune(
    model: keras.Model, data: Mnist, images: int, epochs: int, batch_size: int = 32, seed: int = 1
) -> list[float]:
    """Continue training a float or prepared network on the first `images` training images; returns the loss of each epoch.

    Equal seeds give equal networks. Raises BadParameter for numbers out of range.
    """
    check(images=(images, 1, len(data.x_train)), epochs=(epochs, 1, 1000))
    check(batch_size=(batch_size, 1, images), seed=(seed, 0, 2**31 - 1))
    keras.utils.set_random_seed(seed)
    model.optimizer.learning_rate = LEARNING_RATE
    x, y = cnn.as_input(data.x_train[:images]), data.y_train[:images]
    return model.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0).history["loss"]


def fine_tune_few_bits(
    model: keras.Sequential, data: Mnist, bits: int, images: int, epochs: int, seed: int = 1
) -> list[float]:
    """Continue training a float network with weights of 2 to 8 bits on the first `images` images; returns each epoch's loss.

    Afterwards the weights of each convolution and dense layer lie at 2^bits marks. Where a layer uses the lowest and the
    highest, -weight-bits finds the same marks again. Biases and results stay float32. Equal seeds give equal networks. Raises
    BadParameter for numbers out of range.
    """
    batch_size = min(32, images)
    check(images=(images, 1, len(data.x_train)), epochs=(epochs, 1, 1000), bits=(bits, 2, 8), seed=(seed, 0, 2**31 - 1))
    keras.utils.set_random_seed(seed)
    steps = epochs * -(-images // batch_size)
    rate = keras.optimizers.schedules.CosineDecay(FEW_BITS_RATE, steps)
    network = _FewBits(model.layers)
    network.round_to(bits)
    network.compile(optimizer=keras.optimizers.Adam(rate), loss=model.loss)
    x, y = cnn.as_input(data.x_train[:images]), data.y_train[:images]
    losses = network.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0).history["loss"]
    network.settle()
    return losses


class _FewBits(keras.Sequential):
    """The layers of another network, whose weights each step sees rounded, and moves as they are (straight through)."""

    def round_to(self, bits: int) -> None:
        """Choose the marks of each layer."""
        self.bits = bits
        self.real = [layer.kernel for layer in self.layers if hasattr(layer, "kernel")]
        self.ends = [marks(each.numpy(), bits) for each in self.real]

    def settle(self) -> None:
        """Leave the weights at their marks."""
        for weights, ends in zip(self.real, self.ends, strict=True):
            weights.assign(_at_marks(weights, ends, self.bits))

    def train_step(self, data: tuple) -> dict:
        """One step: slopes where the rounded weights are, taken by the real ones."""
        x, y = data
        kept = [tf.identity(weights) for weights in self.real]
        self.settle()
        with tf.GradientTape() as tape:
            loss = self.compiled_loss(y, self(x, training=True))
        slopes = tape.gradient(loss, self.trainable_variables)
        for weights, each in zip(self.real, kept, strict=True):
            weights.assign(each)
        self.optimizer.apply_gradients(zip(slopes, self.trainable_variables, strict=True))
        for weights, ends in zip(self.real, self.ends, strict=True):
            weights.assign(tf.clip_by_value(weights, *ends))
        return {"loss": loss}


def marks(weights: np.ndarray, bits: int) -> tuple[float, float]:
    """Return the lowest and the highest of the 2^bits marks, one of them 0, that weights lie nearest to (squared error)."""
    low, high = min(float(weights.min()), 0.0), max(float(weights.max()), 0.0)
    if low == high:
        return -1.0, 1.0  # all are zero, which is a mark of every grid
    tried = [_with_zero(low * share, high * share, bits) for share in SHARES]
    return min(tried, key=lambda ends: float(((_at_marks(weights, ends, bits).numpy() - weights) ** 2).sum()))


def _with_zero(low: float, high: float, bits: int) -> tuple[float, float]:
    """A range moved so that 0 is a mark, as fake quantisation would move it itself."""
    step = (high - low) / (2**bits - 1)
    below = round(-low / step)
    return -step * below, step * (2**bits - 1 - below)


def _at_marks(weights: tf.Tensor | np.ndarray, ends: tuple[float, float], bits: int) -> tf.Tensor:
    return tf.quantization.fake_quant_with_min_max_vars(weights, *ends, num_bits=bits)


def convert(model: keras.Model) -> bytes:
    """Convert a prepared network to a TFLite of int8 only, input and output included; batch 1."""
    shape = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)
    inference = tf.function(lambda image: model(image, training=False)).get_concrete_function(shape)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([inference], model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    with quietly():
        return converter.convert()


def learned_ranges(model: keras.Model) -> dict[str, tuple[float, float]]:
    """Return the range that a prepared network has learned for each layer's result, by the float layer's name, in order.

    Layers that only move numbers (pools, flatten) keep their input's range and are left out.
    """
    found = {name: tuple(float(end) for end in ends) for name, ends in _range_variables(model).items()}
    return {name: ends for name, ends in found.items() if name != "quantize_layer"}


def _range_variables(model: keras.Model) -> dict[str, list[tf.Variable]]:
    """Return the two variables that hold the range of each layer's result, by the float layer's name; the input's first."""
    found = {}
    for layer in model.layers:
        named = {weight.name.split("/")[-1].split(":")[0]: weight for weight in layer.weights}
        for start in ("quantize_layer", "post_activation", "output"):
            if f"{start}_min" in named:
                name = "quantize_layer" if start == "quantize_layer" else layer.name.removeprefix("quant_")
                found[name] = [named[f"{start}_min"], named[f"{start}_max"]]
    return found


def measured_ranges(model: keras.Sequential, inputs: np.ndarray) -> dict[str, tuple[float, float]]:
    """Return the range of results of each convolution and dense layer of a float network over inputs [n, h, w, c]."""
    layers = [layer for layer in model.layers if layer.weights]
    outputs = keras.Model(model.inputs, [layer.output for layer in layers]).predict(inputs, verbose=0)
    return {layer.name: (float(each.min()), float(each.max())) for layer, each in zip(layers, outputs, strict=True)}


def kernels(model: keras.Model) -> dict[str, np.ndarray]:
    """Return the weights of each convolution and dense layer, float or prepared, by the float layer's name."""
    named = {layer.name.removeprefix("quant_"): layer.weights for layer in model.layers}
    ends = {name: [each for each in weights if each.name.endswith("kernel:0")] for name, weights in named.items()}
    return {name: found[0].numpy() for name, found in ends.items() if found}


def rounded(values: np.ndarray, low: float, high: float, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Apply fake quantisation to real values; also return the slope that training uses for it (0 outside the range).

    Raises BadParameter for fewer than 2 or more than 16 bits, or a range that does not hold 0.
    """
    check(bits=(bits, 2, 16))
    if not low <= 0 <= high or low == high:
        raise BadParameter(f"{low} to {high} does not hold 0", where="range", remedy="let it begin at or below 0")
    x = tf.constant(values, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.quantization.fake_quant_with_min_max_vars(x, low, high, num_bits=bits)
    return y.numpy(), tape.gradient(y, x).numpy()
