"""Make one network with every pair of edges: python tests/compiler/tflite/make_edges.py.

edges/IN_OUT.tflite for float32, int8 and uint8, with inputs and the reference kernels' answers in edges.npz, and a file for each
kind of edge that is refused in refused/: whole numbers, bool, int8 without a scale.
"""

import itertools

import make
import numpy as np
import tensorflow as tf

layers = make.layers
TYPES = {"float": tf.float32, "int8": tf.int8, "uint8": tf.uint8}
WHOLE = {"int32": tf.int32, "int64": tf.int64, "bool": tf.bool, "unscaled_int8": tf.int8, "unscaled_uint8": tf.uint8}


def converted(model, samples, first, last) -> bytes:
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample[None]] for sample in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type, converter.inference_output_type = first, last
    return converter.convert()


def answers(content: bytes, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The samples in the type of the network's input, and what it answers."""
    interpreter, outputs = make.started(content), []
    given, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    if given["dtype"] != np.float32:
        limits, (scale, zero) = np.iinfo(given["dtype"]), given["quantization"]
        samples = np.clip(np.rint(samples / scale) + zero, limits.min, limits.max).astype(given["dtype"])
    for sample in samples:
        interpreter.set_tensor(given["index"], sample[None])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(result["index"])[0].copy())
    return samples, np.array(outputs)


def main() -> None:
    tf.keras.utils.set_random_seed(13438)
    x = inputs = tf.keras.Input((5, 4, 2), batch_size=1)
    x = layers.Conv2D(3, 3, activation="relu")(x)
    model, folder, found = tf.keras.Model(inputs, layers.Dense(3)(layers.Flatten()(x))), make.FOLDER / "edges", {}
    samples = np.random.default_rng(13438).standard_normal((20, 5, 4, 2)).astype(np.float32)
    folder.mkdir(exist_ok=True)
    for first, last in itertools.product(TYPES, repeat=2):
        content = converted(model, samples, TYPES[first], TYPES[last])
        (folder / f"{first}_{last}.tflite").write_bytes(content)
        found[f"{first}_{last}_inputs"], found[f"{first}_{last}_outputs"] = answers(content, samples)
    np.savez_compressed(make.FOLDER / "edges.npz", **found)
    for name, kind in WHOLE.items():
        x = tf.keras.Input((4,), batch_size=1, dtype=kind)
        content = make.converted(tf.keras.Model(x, tf.cast(x, tf.float32) * 2.0))
        (make.FOLDER / "refused" / f"{name}.tflite").write_bytes(content)


if __name__ == "__main__":
    main()
