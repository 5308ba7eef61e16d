"""Make the TFLite files of this folder and what TFLite's reference interpreter answers: python tests/aot/tflite/make.py

Needs TensorFlow, so the files are committed: float.tflite, int8.tflite (both post-training, from one small network with random
weights), dense.tflite (an autoencoder in int8), qat.tflite (fake quantisation, as training with it leaves it), and answers.npz
with inputs and outputs of each; the same for each int8 operator alone in operators/ and operators.npz.
"""

import os
from pathlib import Path

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np
import tensorflow as tf

FOLDER = Path(__file__).parent
layers = tf.keras.layers


def image_network():
    x = inputs = tf.keras.Input((12, 12, 2), batch_size=1)
    x = layers.Conv2D(6, 3, strides=2, padding="same", activation="relu")(x)
    y = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(x)
    y = layers.ReLU(6.0)(y)
    y = layers.Conv2D(6, 1)(y)
    x = layers.Add()([x, y])
    x = layers.AveragePooling2D(2, strides=1, padding="same")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(8, activation="relu")(x)
    return tf.keras.Model(inputs, layers.Softmax()(layers.Dense(4)(x)))


def dense_network():
    x = inputs = tf.keras.Input((16,), batch_size=1)
    x = layers.Dense(5, activation="tanh")(x)
    return tf.keras.Model(inputs, layers.Dense(16, activation="sigmoid")(x))


@tf.keras.utils.register_keras_serializable()
class FakeQuantised(layers.Layer):
    """A convolution or dense layer as quantisation-aware training sees it: weights and results on the grid of int8."""

    def __init__(self, layer, low, high):
        super().__init__()
        self.layer, self.low, self.high = layer, low, high

    def call(self, x):
        if not self.layer.built:
            self.layer.build(x.shape)
        kernel = self.layer.kernel
        if len(kernel.shape) == 4:
            largest = tf.reduce_max(tf.abs(kernel), [0, 1, 2])
            kernel = tf.quantization.fake_quant_with_min_max_vars_per_channel(kernel, -largest, largest, narrow_range=True)
            x = tf.nn.conv2d(x, kernel, self.layer.strides, self.layer.padding.upper())
        else:
            x = x @ tf.quantization.fake_quant_with_min_max_vars(kernel, -0.6, 0.6, narrow_range=True)
        return tf.quantization.fake_quant_with_min_max_vars(tf.nn.relu(x + self.layer.bias), self.low, self.high)


def trained_network():
    x = inputs = tf.keras.Input((10, 10, 2), batch_size=1)
    x = tf.quantization.fake_quant_with_min_max_vars(x, -3.0, 3.0)
    x = FakeQuantised(layers.Conv2D(6, 3, strides=2, padding="same"), 0.0, 2.5)(x)
    x = layers.MaxPooling2D(2)(x)
    x = FakeQuantised(layers.Dense(5), 0.0, 3.0)(layers.Flatten()(x))
    return tf.keras.Model(inputs, x)


def alone(shape, function):
    """A network of one function of its input."""
    x = tf.keras.Input(shape, batch_size=1)
    return tf.keras.Model(x, function(x))


def operators() -> dict:
    """Small networks, most of one operator; the sums and products in some give it an input of another scale."""
    image, row = (6, 5, 3), (40,)
    return {
        "softmax": alone((10,), lambda x: layers.Softmax()(x)),
        "softmax_wide": alone((10,), lambda x: layers.Softmax()(x * 8.0)),
        "softmax_flat": alone((100,), lambda x: layers.Softmax()(x * 0.01)),
        "logistic": alone(row, lambda x: tf.sigmoid(x * 3.0)),
        "tanh": alone(row, lambda x: tf.tanh(x * 2.0)),
        "mul": alone(image, lambda x: x * tf.nn.relu(x + 0.3)),
        "mul_relu": alone(row, lambda x: tf.nn.relu(x * (x + 0.5))),
        "sub_relu": alone(row, lambda x: tf.nn.relu(x - 0.5 * x * x)),
        "add_row": alone(image, lambda x: x + tf.constant([0.5, -1.0, 2.0])),
        "mean": alone(image, lambda x: tf.reduce_mean(x, [1, 2])),
        "mean_channels": alone(image, lambda x: tf.reduce_mean(x * 1.7 + 0.2, [3])),
        "leaky_relu": alone(row, lambda x: tf.nn.leaky_relu(x, 0.2)),
        "relu": alone(row, lambda x: tf.nn.relu(x)),
        "relu6": alone(row, lambda x: tf.nn.relu6(x)),
        "rescaled": alone(image, lambda x: tf.concat([x * 2.0, x], -1) * tf.concat([x, x * 9.0], -1)),
        "maximum": alone(row, lambda x: tf.maximum(x, x * 0.5 + 0.4)),
        "minimum": alone(row, lambda x: tf.minimum(x, x * 0.5 - 0.4)),
        "concatenation": alone(image, lambda x: tf.concat([x, tf.nn.relu(x) * 3.0], -1)),
        "average_pool": alone(image, lambda x: tf.nn.avg_pool2d(x, 3, 2, "SAME")),
        "max_pool": alone(image, lambda x: tf.nn.max_pool2d(x, 3, 2, "SAME")),
        "resize": alone(image, lambda x: tf.image.resize(x, (12, 9), "nearest")),
        "upsampling": alone(image, lambda x: layers.UpSampling2D(2)(x)),
        "pad": alone(image, lambda x: tf.pad(x, [[0, 0], [1, 1], [0, 2], [0, 0]])),
        "strided_slice": alone(image, lambda x: x[:, 1:5:2]),
        "transpose": alone(image, lambda x: tf.transpose(x, [0, 2, 1, 3])),
        "dilated": alone(image, lambda x: layers.Conv2D(4, 2, activation=tf.nn.relu6, dilation_rate=2)(x)),
        "depthwise": alone(image, lambda x: layers.DepthwiseConv2D(3, strides=2, depth_multiplier=2)(x)),
    }


def converted(model, samples=None) -> bytes:
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if samples is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([sample[None]] for sample in samples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def answers(content: bytes, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    resolver = tf.lite.experimental.OpResolverType.BUILTIN_REF
    interpreter = tf.lite.Interpreter(model_content=content, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    given, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    if given["dtype"] == np.int8:
        scale, zero = given["quantization"]
        samples = np.clip(np.rint(samples / scale) + zero, -128, 127).astype(np.int8)
    outputs = []
    for sample in samples:
        interpreter.set_tensor(given["index"], sample[None])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(result["index"])[0].copy())
    return samples, np.array(outputs)


def written(networks: dict, folder: Path, archive: Path) -> None:
    """The files of some networks, and their answers."""
    random, found = np.random.default_rng(13438), {}
    folder.mkdir(exist_ok=True)
    for name, model in networks.items():
        samples = random.standard_normal((50, *model.input_shape[1:])).astype(np.float32)
        content = converted(model, None if name == "float" else samples)
        (folder / f"{name}.tflite").write_bytes(content)
        found[f"{name}_inputs"], found[f"{name}_outputs"] = answers(content, samples)
    np.savez_compressed(archive, **found)


def main() -> None:
    tf.keras.utils.set_random_seed(13438)
    networks = {"float": image_network(), "int8": image_network(), "dense": dense_network(), "qat": trained_network()}
    written(networks, FOLDER, FOLDER / "answers.npz")
    written(operators(), FOLDER / "operators", FOLDER / "operators.npz")


if __name__ == "__main__":
    main()
