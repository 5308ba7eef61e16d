"""Kernel rows and columns that see only border, wherever the window stands, are left out: small images have some."""

from dataclasses import replace

import numpy as np

from helpers.compiler.ir.window import Window


def trimmed(
    window: Window, weights: np.ndarray, size: tuple[int, int], result: tuple[int, int]
) -> tuple[Window, np.ndarray]:
    """The window and the weights [outputs, rows, columns, channels] for an image of `size` and a result of so many windows.

    The border ends where the last window does.
    """
    kernel, pads = list(window.kernel), list(window.pads)
    for axis in (0, 1):
        used = set().union(*window.inside(axis, size[axis], result[axis]))
        step, first = window.dilations[axis], 0
        while first not in used and pads[axis] >= step:
            pads[axis] -= step
            first += 1
        weights = weights.take(range(first, max(used) + 1), axis + 1)
        kernel[axis] = max(used) + 1 - first
        reach = (result[axis] - 1) * window.strides[axis] + (kernel[axis] - 1) * step + 1
        pads[axis + 2] = max(0, reach - size[axis] - pads[axis])
    top, left, bottom, right = pads
    return replace(window, kernel=(kernel[0], kernel[1]), pads=(top, left, bottom, right)), weights
