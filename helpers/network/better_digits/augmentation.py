"""Augmentation: each image is turned, stretched, slanted and shifted a little before a network sees it."""

import math
from dataclasses import dataclass

from helpers.network.keras import tf


@dataclass(frozen=True)
class Limits:
    """The most that an image is moved, in either direction; the amount is uniform within these limits.

    degrees: of the turn. stretch: share of the size, for height and width separately. slant: pixels to the side per pixel
    down. shift: pixels, for both axes separately.
    """

    degrees: float = 10.0
    stretch: float = 0.1
    slant: float = 0.1
    shift: float = 2.0


def moved(images, seed, limits: Limits = Limits()):
    """Move each image by its own random amounts; what comes in from outside is background.

    images: float32 [n, height, width, 1]. seed: two integers; equal seeds move equally. Returns a float32 tensor of the same
    shape. Values between pixels are interpolated linearly.
    """
    images = tf.convert_to_tensor(images)
    height, width = images.shape[1:3]
    transforms = _to_source(tf.shape(images)[0], seed, limits, (width - 1) / 2, (height - 1) / 2)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=transforms,
        output_shape=[height, width],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )


def _to_source(count, seed, limits: Limits, middle_x: float, middle_y: float):
    """Return eight numbers per image that take a place in the result to its source: an affine map about the middle."""
    turn, high, wide, slant, right, down = tf.unstack(tf.random.stateless_uniform([6, count], seed, -1.0, 1.0))
    angle = turn * (limits.degrees * math.pi / 180)
    tall, broad, lean = 1 + high * limits.stretch, 1 + wide * limits.stretch, slant * limits.slant
    sine, cosine = tf.sin(angle), tf.cos(angle)
    xx, xy = cosine / broad, (lean * cosine - sine) / broad
    yx, yy = sine / tall, (lean * sine + cosine) / tall
    from_x = middle_x - xx * middle_x - xy * middle_y + right * limits.shift
    from_y = middle_y - yx * middle_x - yy * middle_y + down * limits.shift
    nothing = tf.zeros_like(turn)
    return tf.stack([xx, xy, from_x, yx, yy, from_y, nothing, nothing], axis=1)
