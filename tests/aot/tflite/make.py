"""Make the TFLite files of this folder and what TFLite's reference interpreter answers: python tests/aot/tflite/make.py

Needs TensorFlow, so the files are committed: float.tflite, int8.tflite (both post-training, from one small network with random
weights), dense.tflite (an autoencoder in int8), and answers.npz with inputs and outputs of each.
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


def main() -> None:
    tf.keras.utils.set_random_seed(13438)
    random, found = np.random.default_rng(13438), {}
    for name, make in {"float": image_network, "int8": image_network, "dense": dense_network}.items():
        model = make()
        samples = random.standard_normal((50, *model.input_shape[1:])).astype(np.float32)
        content = converted(model, None if name == "float" else samples)
        (FOLDER / f"{name}.tflite").write_bytes(content)
        found[f"{name}_inputs"], found[f"{name}_outputs"] = answers(content, samples)
    np.savez_compressed(FOLDER / "answers.npz", **found)


if __name__ == "__main__":
    main()
