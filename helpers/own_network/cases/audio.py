"""Audio: classify four kinds of synthetic whistles by their spectrograms. They replace speech, and need no download."""

import numpy as np

from helpers.network.keras import keras
from helpers.own_network.cases.case import Case

RATE = 8000  # samples a second
FRAME, FRAMES, BANDS = 256, 16, 16  # samples, 16 frames of 32 ms, 16 bands of 125 Hz from 500 Hz
LABELS = ("rising", "falling", "steady", "warbling")
_FIRST_BIN, _BINS_A_BAND = 16, 4  # of the Fourier transform of a frame: 31.25 Hz each


def load() -> Case:
    """Generate 1,200 whistles to train on and 300 to test on, as spectrograms float32 [n, 16, 16, 1] in 0..1."""
    random = np.random.default_rng(2)
    y = random.integers(len(LABELS), size=1500)
    x = np.stack([spectrogram(whistle(label, random)) for label in y])[..., None]
    origin = "synthetic: swept sines in white noise"
    return Case("audio", origin, LABELS, x[300:], y[300:], x[:300], y[:300], layers)


def whistle(label: int, random: np.random.Generator) -> np.ndarray:
    """Generate half a second of a tone in noise, whose pitch moves as LABELS[label] says: float [4096]."""
    time = np.arange(FRAME * FRAMES) / RATE
    length, middle = time[-1], random.uniform(1000, 1900)
    span, beats = random.uniform(300, 800), random.uniform(4, 8)
    bend = {
        "rising": span * (time / length - 0.5),
        "falling": span * (0.5 - time / length),
        "steady": np.zeros_like(time),
        "warbling": span / 3 * np.sin(2 * np.pi * beats * time),
    }[LABELS[label]]
    phase = 2 * np.pi * np.cumsum(middle + bend) / RATE
    return np.sin(phase) + random.normal(0, random.uniform(0.3, 1.0), len(time))


def spectrogram(sound: np.ndarray) -> np.ndarray:
    """Compute the loudness by frame and band in 0..1 on a logarithmic scale of 40 dB: float32 [16, 16]."""
    frames = sound.reshape(FRAMES, FRAME) * np.hanning(FRAME)
    power = np.abs(np.fft.rfft(frames))[:, _FIRST_BIN : _FIRST_BIN + _BINS_A_BAND * BANDS] ** 2
    bands = power.reshape(FRAMES, BANDS, _BINS_A_BAND).sum(2)
    decibels = 10 * np.log10(bands / bands.max() + 1e-9)
    return np.clip(1 + decibels / 40, 0, 1).astype(np.float32)


def layers() -> list:
    """Return the layers: two convolutions that halve time and pitch, and a dense layer."""
    make = keras.layers
    return [
        make.Conv2D(8, (3, 3), strides=(2, 2), padding="same", activation="relu", name="conv_1"),
        make.Conv2D(12, (3, 3), strides=(2, 2), padding="same", activation="relu", name="conv_2"),
        make.MaxPooling2D((2, 2), name="max_pooling_1"),
        make.Flatten(name="flatten"),
        make.Dense(len(LABELS), name="dense_1"),
    ]
