"""Make more operators' TFLite files, with the means of make.py: python tests/compiler/tflite/make_more.py.

Dilated convolutions of one dimension, which stand between blocks of pixels that become batches, GELU in both forms, comparisons
and what they choose: written to operators/, with the reference kernels' answers in more_operators.npz. float_choices.tflite has
the last in float32, with its answers in float_choices.npz.
"""

import make
import tensorflow as tf

layers = make.layers


def networks() -> dict:
    """Keras models by name."""

    def chain(shape, *parts):
        x = inputs = tf.keras.Input(shape, batch_size=1)
        for part in parts:
            x = part(x)
        return tf.keras.Model(inputs, x)

    def there_and_back(x):
        return tf.batch_to_space(tf.space_to_batch(x, [2, 3], [[1, 0], [0, 0]]), [2, 3], [[1, 0], [0, 0]])

    causal = layers.Conv1D(3, 3, dilation_rate=2, padding="causal")
    return {
        "dilated_sound": chain((20, 2), causal, layers.Conv1D(3, 3, dilation_rate=3, padding="same")),
        "blocks": chain((5, 6, 2), layers.Lambda(there_and_back)),
        "gelu": chain((32,), layers.Lambda(lambda x: tf.nn.gelu(x, approximate=False))),
        "gelu_by_tanh": chain((32,), layers.Lambda(lambda x: tf.nn.gelu(x, approximate=True))),
    }


def choices() -> dict:
    """Functions of values [4, 5] that compare them, by name."""
    row = [0.1, -0.2, 0.3, 0.4, 0.0]
    either = lambda x: tf.logical_or(x < -0.5, tf.not_equal(x, tf.nn.relu(x * 0.5)))  # noqa: E731
    return {
        "greater": lambda x: tf.where(x > 0.5, x, x * 0.3),
        "less": lambda x: tf.where(x < x * x - 0.4, x, tf.nn.relu(x)),
        "less_equal": lambda x: tf.where(x <= tf.constant(row), x, -0.1 * tf.ones_like(x)),
        "greater_equal": lambda x: x * tf.cast(x >= 0.2, tf.float32),
        "equal": lambda x: tf.where(tf.equal(x, tf.nn.relu(x)), x, x * 0.1),
        "logic": lambda x: tf.where(tf.logical_and(x < 1.0, tf.logical_not(either(x))), x, x + 0.2),
        "choice_of_one": lambda x: tf.compat.v1.where(x > 0.5, x, tf.nn.relu(x)),
        "running_sum": lambda x: tf.cumsum(x, axis=1) + tf.cumsum(x, axis=2, reverse=True, exclusive=True),
    }


def refused() -> None:
    """Files that are refused: whole numbers, and weights that alone are int8; and one that ends in the index of the largest."""
    dense = make.alone((40,), lambda x: layers.Dense(32)(x))
    kinds = {"../arg_max": make.alone((4,), lambda x: tf.argmax(x, 1)), "dynamic_range": dense}
    kinds["whole_numbers"] = make.alone((4,), lambda x: tf.cast(tf.cast(x, tf.int32), tf.float32))
    for name, model in kinds.items():
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        converter.optimizations = [tf.lite.Optimize.DEFAULT] if name == "dynamic_range" else []
        (make.FOLDER / "refused" / f"{name}.tflite").write_bytes(converter.convert())


if __name__ == "__main__":
    tf.keras.utils.set_random_seed(13438)
    refused()
    chosen = {name: make.alone((4, 5), function) for name, function in choices().items()}
    make.written(networks() | chosen, make.FOLDER / "operators", make.FOLDER / "more_operators.npz", 20)
    together = make.alone((4, 5), lambda x: tf.concat([function(x) for function in choices().values()], 1))
    make.written({"float_choices": together}, make.FOLDER, make.FOLDER / "float_choices.npz", 20)
