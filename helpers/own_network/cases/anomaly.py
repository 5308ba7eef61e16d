"""Anomaly detection in synthetic vibrations of a ball bearing: an autoencoder learns healthy bearings only.

A ball that rolls over a pit in the outer ring strikes it, and the housing vibrates for some milliseconds. With n balls of
diameter d on a circle of diameter D, and a shaft of f turns a second, it does so n/2 * f * (1 - d/D) times a second (contact
angle 0; R. B. Randall, "Vibration-based Condition Monitoring", 2011, section 2.2.4).
"""

import numpy as np

from helpers.network.keras import keras
from helpers.own_network.cases.case import Case

RATE, SAMPLES, BANDS = 8000, 2048, 32  # samples a second; a window of 256 ms; bands of 125 Hz up to 4 kHz
BALLS, BALL, CIRCLE = 9, 7.9, 39.0  # number; diameters in mm
RESONANCE, DECAY = 2800, 900  # of the housing: Hz; 1/s
LABELS = ("sound", "damaged")


def load() -> Case:
    """Generate 1,000 windows of healthy bearings to train on, 300 to test on, every second damaged: float32 [n, 32] in 0..1."""
    random = np.random.default_rng(3)
    train = np.stack([bands(vibration(False, random)) for _ in range(1000)])
    y = np.arange(300) % 2
    test = np.stack([bands(vibration(bool(label), random)) for label in y])
    origin = "synthetic: shaft, noise, and a ringing housing where a ball strikes a pit"
    none = np.zeros(len(train), np.int64)
    return Case("anomaly", origin, LABELS, train, none, test, y, layers, reconstructs=True, epochs=40)


def strikes_a_second(turns: float) -> float:
    """Return how often per second balls roll over one pit in the outer ring of a shaft with `turns` per second."""
    return BALLS / 2 * turns * (1 - BALL / CIRCLE)


def vibration(damaged: bool, random: np.random.Generator) -> np.ndarray:
    """Generate a window of acceleration, float [2048], of a shaft at 24 to 30 turns per second."""
    time, turns = np.arange(SAMPLES) / RATE, random.uniform(24, 30)
    phases = random.uniform(0, 2 * np.pi, 3)
    shaft = sum(np.sin(2 * np.pi * turns * n * time + phase) / n for n, phase in enumerate(phases, start=1))
    signal = shaft + random.normal(0, 0.5, SAMPLES)
    if damaged:
        since = (time + random.uniform(0, 1)) % (1 / strikes_a_second(turns))
        signal += random.uniform(1, 3) * np.exp(-DECAY * since) * np.sin(2 * np.pi * RESONANCE * since)
    return signal


def bands(signal: np.ndarray) -> np.ndarray:
    """Compute the loudness in 32 bands, 0 dB to 80 dB mapped to 0..1: float32 [32]."""
    power = np.abs(np.fft.rfft(signal * np.hanning(SAMPLES))[:-1]) ** 2
    decibels = 10 * np.log10(power.reshape(BANDS, -1).sum(1) + 1e-9)
    return np.clip(decibels / 80, 0, 1).astype(np.float32)


def layers() -> list:
    """Return the autoencoder's layers, from 32 numbers to 4 and back to 32: the 4 must describe healthy bearings."""
    make = keras.layers
    return [
        make.Dense(16, activation="relu", name="dense_1"),
        make.Dense(4, activation="relu", name="dense_2"),
        make.Dense(16, activation="relu", name="dense_3"),
        make.Dense(BANDS, name="dense_4"),
    ]
