"""The Keras networks that make.py converts, a kind of network each."""

import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np
import tensorflow as tf

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


def mobile_network():
    """A block of MobileNetV3: hard swish, and a squeeze with a hard sigmoid."""
    x = inputs = tf.keras.Input((8, 8, 3), batch_size=1)
    x = hard_swish(layers.Conv2D(4, 3, strides=2, padding="same")(x))
    y = hard_swish(layers.Conv2D(8, 1)(x))
    y = hard_swish(layers.DepthwiseConv2D(3, padding="same")(y))
    z = layers.Conv2D(4, 1, activation="relu")(layers.GlobalAveragePooling2D(keepdims=True)(y))
    y = layers.Multiply()([y, hard_sigmoid(layers.Conv2D(8, 1)(z))])
    x = layers.Add()([x, layers.Conv2D(4, 1)(y)])
    return tf.keras.Model(inputs, layers.Dense(3)(layers.GlobalMaxPooling2D()(x)))


def decoder_network():
    """An autoencoder of images whose batch size is open, so that the file computes its shapes."""
    x = inputs = tf.keras.Input((8, 8, 2))
    x = layers.PReLU(shared_axes=[1, 2], alpha_initializer="random_normal")(
        layers.Conv2D(6, 3, strides=2, padding="same")(x)
    )
    x = layers.Reshape((4, 4, 3))(layers.Dense(48, activation="relu")(layers.Flatten()(x)))
    x = layers.Conv2DTranspose(5, 3, strides=2, padding="same", activation="relu", use_bias=False)(x)
    x = layers.BatchNormalization(gamma_initializer="random_normal", moving_mean_initializer="random_normal")(x)
    return tf.keras.Model(inputs, layers.Conv2DTranspose(2, 2)(x))


def gru_network():
    """A recurrent network unrolled. The converter orders its operators by chance: the file may differ, its answers may not."""
    x = tf.keras.Input((3, 2), batch_size=1)
    return tf.keras.Model(x, layers.GRU(3, unroll=True)(x))


def squeezed(x):
    """Squeeze and excitation: a product of two computed values, the smaller of which is repeated."""
    y = layers.GlobalAveragePooling2D(keepdims=True)(x)
    return layers.Multiply()([x, layers.Conv2D(3, 1, activation="sigmoid")(y)])


def lstm_network():
    """Not unrolled; the cell grows beyond 10, where the converter has it clipped, and then shrinks again."""
    x = tf.keras.Input((28, 2), batch_size=1)
    kernel, biases = np.zeros((2, 8), np.float32), np.float32([6, 6, 6, 6, 0, 0, 6, 6])
    kernel[:, 4:6] = 1
    given = {"kernel_initializer": exactly(kernel), "bias_initializer": exactly(biases)}
    lstm = layers.LSTM(2, return_sequences=True, unit_forget_bias=False, **given)
    return tf.keras.Model(x, lstm(x + np.repeat(np.float32([3, -3]), 14)[None, :, None]))


def exactly(array):
    """What sets weights to an array."""
    return lambda *_, **__: tf.constant(array)


def float_edges_network():
    """float32 in and out, int8 between."""
    x = inputs = tf.keras.Input((8, 8, 1), batch_size=1)
    return tf.keras.Model(inputs, layers.Conv2D(2, 3, strides=2)(x))


def float_network(shape, of_images):
    """Most operators in float32, side by side."""
    x = inputs = tf.keras.Input(shape, batch_size=1)
    functions = [*of_images.values(), lambda x: tf.reduce_sum(x, [1, 2]), lambda x: x / (tf.abs(x) + 1.0)]
    parts = [layers.Flatten()(function(x)) for function in functions]
    return tf.keras.Model(inputs, layers.Concatenate()(parts))


def hard_sigmoid(x):
    return tf.nn.relu6(x + 3.0) * (1 / 6)


def hard_swish(x):
    return x * hard_sigmoid(x)


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
            kernel = tf.quantization.fake_quant_with_min_max_vars_per_channel(
                kernel, -largest, largest, narrow_range=True
            )
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
