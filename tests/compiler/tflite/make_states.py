"""Make TFLite files with a state, and what the reference kernels answer.

PYTHONPATH=tests/compiler python tests/compiler/tflite/make_states.py: LSTMs as the converter writes them, and, written field by
field (stateful_files.py), SVDF and LSTMs with other options, in stateful/, with the answers in stateful.npz. There outputs are of
one sequence of calls, `apart` of calls that each begin a sequence.
"""

import make
import numpy as np
import stateful_files
import tensorflow as tf

layers, COUNT = make.layers, 12


def of_keras() -> dict:
    """Keras models by name: one over whole images, row by row, and one of a single step, which lives by its state."""
    x = inputs = tf.keras.Input((6, 4, 1), batch_size=1)
    x = layers.LSTM(8)(layers.Reshape((6, 4))(x))
    rows = tf.keras.Model(inputs, layers.Dense(3)(layers.Dense(9, activation="relu")(x)))
    x = inputs = tf.keras.Input((1, 5), batch_size=1)
    x = layers.LSTM(4, return_sequences=True)(layers.LSTM(6, return_sequences=True)(x))
    return {"lstm_rows": rows, "lstm_step": tf.keras.Model(inputs, x)}


def by_hand() -> dict[str, bytes]:
    """Files by name."""
    return {
        "svdf": stateful_files.svdf(1, rank=2),
        "svdf_of_two": stateful_files.svdf(2, batch=2, rank=1, memory=9, bias=False),
        "svdf_without_memory": stateful_files.svdf(3, memory=1),
        "lstm_time_first": stateful_files.lstm(4, batch=3, major=True, cell_bits=0),
        "lstm_of_two": stateful_files.lstm(5, batch=2, steps=4, cell_bits=6),
        "lstm_clipped": stateful_files.lstm(6, steps=1, clip=1.5, cell_bits=3),
    }


def answers(content: bytes, inputs: np.ndarray, apart: bool) -> np.ndarray:
    """What the reference kernels give for int8 inputs [n, batch, ...], one call after the other."""
    interpreter, outputs = make.started(content), []
    for each in inputs:
        if apart:
            interpreter.reset_all_variables()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], each)
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).copy())
    return np.array(outputs)


def main() -> None:
    tf.keras.utils.set_random_seed(13438)
    random, folder, found = np.random.default_rng(13438), make.FOLDER / "stateful", {}
    folder.mkdir(exist_ok=True)
    files = by_hand()
    for name, model in of_keras().items():
        samples = random.standard_normal((50, *model.input_shape[1:])).astype(np.float32)
        files[name] = make.converted(model, samples)
    for name, content in files.items():
        (folder / f"{name}.tflite").write_bytes(content)
        shape = make.started(content).get_input_details()[0]["shape"]
        inputs = random.integers(-128, 128, (COUNT, *shape)).astype(np.int8)
        inputs[3], inputs[4] = 127, -128
        found[f"{name}_inputs"], found[f"{name}_outputs"] = inputs, answers(content, inputs, apart=False)
        found[f"{name}_apart"] = answers(content, inputs, apart=True)
        assert (found[f"{name}_outputs"] != found[f"{name}_apart"]).any() or name == "svdf_without_memory", name
    np.savez_compressed(make.FOLDER / "stateful.npz", **found)


if __name__ == "__main__":
    main()
