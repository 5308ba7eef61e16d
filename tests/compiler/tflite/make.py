"""Make the TFLite files of this folder and what TFLite's reference interpreter answers: python tests/compiler/tflite/make.py.

Needs TensorFlow, so the files are committed: float.tflite, int8.tflite (both post-training, from one small network with random
weights), dense.tflite (an autoencoder in int8), qat.tflite (fake quantisation, as training with it leaves it), and answers.npz
with inputs and outputs of each; the same for each int8 operator alone in operators/, operators.npz and image_operators.npz, and
for kinds of network (mobile, decoder, gru, float_edges: int8; float_operators: most operators; lstm: float32) in kinds.npz. What
refused/ holds TFLite has no int8 kernel for, none that works, or we have none.
"""

import os
from pathlib import Path

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np
import tensorflow as tf
from keras_networks_to_convert import (
    decoder_network,
    dense_network,
    exactly,
    float_edges_network,
    float_network,
    gru_network,
    hard_sigmoid,
    hard_swish,
    image_network,
    lstm_network,
    mobile_network,
    squeezed,
    trained_network,
)

FOLDER = Path(__file__).parent
FLOAT = ("float", "float_operators", "lstm", "squeeze", "float_choices")
layers = tf.keras.layers


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
        "relu_n1_to_1": alone(row, lambda x: tf.clip_by_value(x, -1.0, 1.0)),
        "hard_swish_wide": alone(row, lambda x: hard_swish(x * 20.0)),
        "abs_rescaled": alone(row, lambda x: tf.abs(x * 2.0 + 3.0)),
        "square": alone(row, lambda x: tf.square(x)),
        "negative": alone(row, lambda x: -x),
        "product": alone((4, 5), lambda x: tf.matmul(x, x + 1.0, transpose_b=True)),
        "product_of_pairs": alone((2, 3, 3), lambda x: tf.matmul(x, x)),
    }


def image_operators() -> dict:
    """Functions of an image [6, 5, 3] that work in float32, too."""
    slopes = np.float32([[[0.3, -0.2, 1.4]]])
    return {
        "hard_swish": lambda x: hard_swish(x * 3.0),
        "hard_sigmoid": lambda x: hard_sigmoid(x * 2.0),
        "elu": lambda x: tf.nn.elu(x),
        "abs": lambda x: tf.abs(x),
        "prelu": lambda x: layers.PReLU(shared_axes=[1, 2], alpha_initializer=exactly(slopes))(x),
        "transposed": lambda x: layers.Conv2DTranspose(4, 3, strides=2, padding="same")(x),
        "transposed_wide": lambda x: layers.Conv2DTranspose(
            2, (2, 4), strides=(1, 3), activation="relu", use_bias=False
        )(x),
        "transposed_sound": lambda x: layers.Conv1DTranspose(3, 5, strides=2, padding="same")(
            layers.Reshape((10, 9))(x)
        ),
        "split": lambda x: tf.concat(tf.split(x, 3, 1)[::-1], 1),
        "split_by_sizes": lambda x: tf.concat(tf.split(x, [1, 2, 2], 2)[::-1], -2),
        "slice": lambda x: tf.slice(x, [0, 1, 0, 1], [1, 3, -1, 2]),
        "pack": lambda x: tf.stack([x, x * 2.0], -1),
        "unpack": lambda x: tf.concat(tf.unstack(x, axis=2)[::-1], -1),
        "pad_value": lambda x: tf.pad(x, [[0, 0], [1, 1], [0, 2], [0, 0]], constant_values=0.7),
        "mirror": lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 2], [1, 0]], "REFLECT"),
        "mirror_edge": lambda x: tf.pad(x, [[0, 0], [6, 2], [0, 2], [0, 1]], "SYMMETRIC"),
        "gather": lambda x: tf.gather(x, [2, 0, 1, 1], axis=1),
        "tile": lambda x: tf.tile(x, [1, 2, 1, 3]),
        "reverse": lambda x: tf.reverse(x, [1, 2]),
        "depth_to_space": lambda x: tf.nn.depth_to_space(tf.concat([x, x[..., ::-1], x[..., :2]], -1), 2),
        "space_to_depth": lambda x: tf.nn.space_to_depth(x[:, :, 1:], 2),
        "reduce_max": lambda x: tf.reduce_max(x, [1, 2]),
        "reduce_max_apart": lambda x: tf.reduce_max(x, [1, 3], keepdims=True),
    }


def converted(model, samples=None, edges=tf.int8) -> bytes:
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if samples is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([sample[None]] for sample in samples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = edges
    return converter.convert()


def started(content: bytes):
    """An interpreter with the reference kernels; with the optimised ones where an operator has no others (TILE, ELU, ...)."""
    kinds = tf.lite.experimental.OpResolverType
    for kind in (kinds.BUILTIN_REF, kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES):
        try:
            interpreter = tf.lite.Interpreter(model_content=content, experimental_op_resolver_type=kind)
            interpreter.allocate_tensors()
            return interpreter
        except ValueError as error:
            refused = error
    raise refused


def answers(content: bytes, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    interpreter = started(content)
    given, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    if given["dtype"] == np.int8:
        scale, zero = given["quantization"]
        samples = np.clip(np.rint(samples / scale) + zero, -128, 127).astype(np.int8)
    outputs = []
    for sample in samples:
        interpreter.reset_all_variables()  # an LSTM keeps its state otherwise
        interpreter.set_tensor(given["index"], sample[None])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(result["index"])[0].copy())
    return samples, np.array(outputs)


def written(networks: dict, folder: Path, archive: Path, kept: int = 50) -> None:
    """The files of some networks, and the answers to the first samples."""
    random, found = np.random.default_rng(13438), {}
    folder.mkdir(exist_ok=True)
    for name, model in networks.items():
        samples = random.standard_normal((50, *model.input_shape[1:])).astype(np.float32)
        if name == "float_edges":
            samples = (random.integers(0, 256, samples.shape) / 127.5 - 1).astype(np.float32)  # pixels
        content = converted(model, None if name in FLOAT else samples, tf.float32 if name == "float_edges" else tf.int8)
        (folder / f"{name}.tflite").write_bytes(content)
        found[f"{name}_inputs"], found[f"{name}_outputs"] = answers(content, samples[:kept])
    np.savez_compressed(archive, **found)


def main() -> None:
    tf.keras.utils.set_random_seed(13438)
    networks = {"float": image_network(), "int8": image_network(), "dense": dense_network(), "qat": trained_network()}
    written(networks, FOLDER, FOLDER / "answers.npz")
    written(operators(), FOLDER / "operators", FOLDER / "operators.npz")
    images = {name: alone((6, 5, 3), function) for name, function in image_operators().items()}
    written(images, FOLDER / "operators", FOLDER / "image_operators.npz", 10)
    kinds = {"mobile": mobile_network(), "decoder": decoder_network(), "gru": gru_network()}
    kinds |= {"float_edges": float_edges_network(), "float_operators": float_network((6, 5, 3), image_operators())}
    kinds["lstm"] = lstm_network()
    written(kinds, FOLDER, FOLDER / "kinds.npz", 10)
    written({"squeeze": alone((6, 5, 3), squeezed)}, FOLDER, FOLDER / "squeeze.npz", 10)
    refused = {"quotient": alone((4,), lambda x: 1.0 / (x + 9.0)), "sum": alone((4,), lambda x: tf.reduce_sum(x, 1))}
    for name, model in refused.items():
        samples = np.random.default_rng(1).standard_normal((5, *model.input_shape[1:])).astype(np.float32)
        (FOLDER / "refused" / f"{name}.tflite").write_bytes(converted(model, samples))


if __name__ == "__main__":
    main()
