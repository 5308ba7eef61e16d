"""Small Keras networks as people build them for images, sound and anomalies, with weights that look trained."""

import numpy as np

from helpers.network.keras import keras

layers = keras.layers


def _chain(shape, *made):
    return keras.Sequential([layers.InputLayer(shape, name="input"), *made])


def _branched(shape, build):
    x = keras.Input(shape, name="input")
    return keras.Model(x, build(x))


def _normalised(x, activation=None):
    x = layers.BatchNormalization()(x)
    return activation(x) if activation else x


def _hard_swish(x):
    return x * layers.ReLU(6.0)(x + 3.0) * (1 / 6)


def separable_keywords():
    """Keywords as in DS-CNN: depthwise and pointwise convolutions, each normalised."""
    made = [layers.Conv2D(8, 3, strides=2, padding="same"), layers.BatchNormalization(), layers.ReLU()]
    for each in (layers.DepthwiseConv2D(3, padding="same"), layers.Conv2D(8, 1)):
        made += [each, layers.BatchNormalization(), layers.ReLU()]
    return _chain((12, 10, 1), *made, layers.GlobalAveragePooling2D(), layers.Dense(4, activation="softmax"))


def dense_autoencoder():
    """Anomalies: dense layers, each normalised behind."""
    made = [
        each for n in (16, 4, 16) for each in (layers.Dense(n), layers.BatchNormalization(), layers.ReLU())
    ]  # fmt: skip
    return _chain((24,), *made, layers.Dense(24))


def residual():
    """Images as in ResNet: a shortcut around two convolutions, another around one with stride 2."""

    def build(x):
        x = _normalised(layers.Conv2D(8, 3, padding="same")(x), layers.ReLU())
        y = _normalised(layers.Conv2D(8, 3, padding="same")(x), layers.ReLU())
        y = _normalised(layers.Conv2D(8, 3, padding="same")(y))
        x = layers.ReLU()(x + y)
        y = _normalised(layers.Conv2D(12, 3, strides=2, padding="same")(x))
        x = layers.ReLU()(layers.Conv2D(12, 1, strides=2)(x) + y)
        return layers.Dense(5, activation="softmax")(layers.Flatten()(layers.AveragePooling2D(4)(x)))

    return _branched((8, 8, 3), build)


def residual_normalised_first():
    """As in ResNet's second version: a convolution whose result is normalised on one way and not on the other."""

    def build(x):
        x = layers.Conv2D(8, 3, padding="same")(x)
        x = x + layers.Conv2D(8, 3, padding="same")(_normalised(x, layers.ReLU()))
        return layers.Dense(5)(layers.GlobalAveragePooling2D()(_normalised(x, layers.ReLU())))

    return _branched((8, 8, 3), build)


def normalised_input():
    """The input itself normalised."""
    return _chain((8, 8, 3), layers.BatchNormalization(), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3))


def inverted_residual():
    """Images as in MobileNetV2."""

    def build(x):
        x = _normalised(layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x), layers.ReLU(6.0))
        y = _normalised(layers.Conv2D(16, 1, use_bias=False)(x), layers.ReLU(6.0))
        y = _normalised(layers.DepthwiseConv2D(3, padding="same", use_bias=False)(y), layers.ReLU(6.0))
        x = x + _normalised(layers.Conv2D(8, 1, use_bias=False)(y))
        return layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling2D()(x))

    return _branched((12, 12, 3), build)


def squeezed():
    """Images as in MobileNetV3: hard swish, and channels weighed by what is in them."""

    def build(x):
        x = _hard_swish(_normalised(layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)))
        weight = layers.GlobalAveragePooling2D(keepdims=True)(x)
        weight = layers.Conv2D(8, 1, activation="hard_sigmoid")(layers.Conv2D(4, 1, activation="relu")(weight))
        return layers.Dense(3)(layers.GlobalAveragePooling2D()(x * weight))

    return _branched((12, 12, 3), build)


def image_decoder():
    """Images made: a transposed convolution, elements repeated."""
    return _chain(
        (4, 4, 2), layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu"), layers.UpSampling2D(2),
        layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
    )  # fmt: skip


def series():
    """Sensors: convolutions and a pool over time."""
    return _chain(
        (20, 6), layers.Conv1D(8, 3, padding="same"), layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling1D(2),
        layers.Conv1D(8, 3, activation="relu"), layers.GlobalAveragePooling1D(), layers.Dense(4, activation="softmax"),
    )  # fmt: skip


def several_scales():
    """Images as in Inception: branches joined."""

    def build(x):
        branches = [layers.Conv2D(4, n, padding="same", activation="relu")(x) for n in (3, 5)]
        joined = layers.Concatenate()([*branches, layers.MaxPooling2D(3, 1, padding="same")(x)])
        return layers.Dense(3)(layers.Flatten()(joined))

    return _branched((6, 6, 2), build)


def recurrent():
    """Sound: an LSTM over a GRU."""
    return _chain((5, 3), layers.GRU(4, return_sequences=True), layers.LSTM(4), layers.Dense(2, activation="softmax"))


def both_ways():
    """Sound heard forwards and backwards."""
    return _chain((5, 3), layers.Bidirectional(layers.LSTM(4)), layers.Dense(2))


def unrolled():
    """The recurrent layers that are converted only when they are unrolled."""
    given = {"return_sequences": True, "unroll": True}
    return _chain((4, 3), layers.SimpleRNN(4, **given), layers.GRU(4, reset_after=False, unroll=True), layers.Dense(2))


def segments():
    """A class for each pixel."""
    return _chain((6, 6, 2), layers.Conv2D(3, 3, padding="same", activation="tanh"), layers.Softmax())


def every_step():
    """The same dense layer for every step in time."""
    return _chain((6, 8), layers.TimeDistributed(layers.Dense(4, activation="relu")), layers.Flatten(), layers.Dense(3))


MADE = (
    separable_keywords, dense_autoencoder, residual, residual_normalised_first, normalised_input, inverted_residual, squeezed,
    image_decoder, series, several_scales, recurrent, both_ways, unrolled, segments, every_step,
)  # fmt: skip
NETWORKS = {each.__name__: each for each in MADE}


def model(name: str) -> keras.Model:
    """A network of the table with seeded weights: no bias is zero and no normalisation does nothing, as in a trained one."""
    keras.utils.set_random_seed(3)
    made, random = NETWORKS[name](), np.random.default_rng(1)
    made.set_weights([_trained(random, each.name, each.numpy()) for each in made.weights])
    return made


def _trained(random: np.random.Generator, name: str, numbers: np.ndarray) -> np.ndarray:
    if "variance" in name:
        return random.uniform(0.5, 2, numbers.shape)
    if "gamma" in name:
        return random.uniform(0.7, 1.3, numbers.shape)
    return random.normal(0, 0.2, numbers.shape) if numbers.ndim == 1 else numbers
