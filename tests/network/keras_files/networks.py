"""Small networks of Keras 3 as people build them, by name, each a function of its layers' module."""


def chain(keras, shape, *layers):
    """Layers one after the other."""
    return keras.Sequential([keras.Input(shape), *layers])


def branched(keras, shape, build):
    """A functional network."""
    x = keras.Input(shape)
    return keras.Model(x, build(x))


def residual(keras):
    """A shortcut around a convolution, normalised."""
    layers = keras.layers

    def build(x):
        x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(8, 3, padding="same", use_bias=False)(x)))
        y = layers.BatchNormalization()(layers.Conv2D(8, 3, padding="same")(x))
        x = layers.Activation("relu6")(layers.Add()([x, y]))
        return layers.Dense(4, activation="softmax")(layers.GlobalAveragePooling2D()(x))

    return branched(keras, (8, 8, 3), build)


def image(keras):
    """Rescaled pixels, a border, slopes of several kinds, a crop."""
    layers = keras.layers
    return chain(
        keras, (10, 10, 2), layers.Rescaling(1 / 127.5, offset=-1), layers.ZeroPadding2D(1), layers.Conv2D(4, 3),
        layers.LeakyReLU(negative_slope=0.1), layers.SeparableConv2D(4, 3), layers.PReLU(shared_axes=[1, 2]),
        layers.Cropping2D(1), layers.DepthwiseConv2D(3, activation="elu"), layers.UpSampling2D(2), layers.Flatten(),
        layers.Dense(3, activation="gelu"),
    )  # fmt: skip


def sound(keras):
    """One dimension."""
    layers = keras.layers
    return chain(
        keras, (32, 2), layers.Conv1D(4, 3, padding="causal", activation="silu"), layers.MaxPooling1D(2),
        layers.SeparableConv1D(4, 3), layers.AveragePooling1D(2), layers.GlobalAveragePooling1D(), layers.Dense(3),
    )  # fmt: skip


def normalised(keras):
    """Numbers normalised before and between the layers."""
    layers = keras.layers
    return chain(
        keras, (6,), layers.Normalization(mean=[1.0] * 6, variance=[2.0] * 6), layers.Dense(4, activation="mish"),
        layers.LayerNormalization(), layers.Dense(2, activation="hard_silu"),
    )  # fmt: skip


def recurrent(keras):
    """Three kinds of recurrent layers that nobody unrolled, one of them in both directions."""
    layers = keras.layers
    return chain(
        keras, (5, 3), layers.Bidirectional(layers.LSTM(4, return_sequences=True)), layers.GRU(4, return_sequences=True),
        layers.SimpleRNN(3), layers.Dense(2),
    )  # fmt: skip


def gates(keras):
    """Ways that are added, multiplied, chosen and joined."""
    layers = keras.layers

    def build(x):
        a, b = layers.Dense(4, activation="tanh")(x), layers.Dense(4, activation="hard_sigmoid")(x)
        c = layers.Maximum()([layers.Multiply()([a, b]), layers.Average()([a, b])])
        return layers.Dense(2)(layers.Concatenate()([c, layers.Subtract()([a, layers.Minimum()([a, b])])]))

    return branched(keras, (8,), build)


NETWORKS = {each.__name__: each for each in (residual, image, sound, normalised, recurrent, gates)}
