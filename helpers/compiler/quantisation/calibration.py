"""KL calibration: cut the ends of a range so that the histogram, quantised, stays closest to the profiled one.

Facts: Glow, rescaleHistogram and optimizeKL (float32 arithmetic in the same order).
"""

import numpy as np

from helpers.compiler.numerics import affine
from helpers.compiler.numerics.logf import logf

QUANTISED_BINS = 255
_ALMOST_ZERO = np.float32(0.0001)


def narrowing(low: float, high: float, histogram: tuple[float, ...]) -> affine.Narrowing:
    """Return a ranges.Narrowing for a value that was profiled between `low` and `high` with this histogram."""

    def narrow(widened_low: float, widened_high: float, symmetric: bool) -> tuple[float, float]:
        counts = _rescaled(np.array(histogram, np.float32), (low, high), (widened_low, widened_high))
        return _optimised(counts, np.float32(widened_low), np.float32(widened_high), symmetric)

    return narrow


def _rescaled(counts: np.ndarray, old: tuple[float, float], new: tuple[float, float]) -> np.ndarray:
    """Rescale the histogram to another range: each old bin's count goes to the overlapping new bins, in whole numbers."""
    if not counts.size or old == new:
        return counts
    bins = len(counts)
    (old_low, old_high), (new_low, new_high) = np.array(old, np.float32), np.array(new, np.float32)
    old_width, new_width = (old_high - old_low) / np.float32(bins), (new_high - new_low) / np.float32(bins)
    result = np.zeros_like(counts)
    for index in np.flatnonzero(counts):
        left = counts[index]
        begin, end = old_low + np.float32(index) * old_width, old_low + np.float32(index + 1) * old_width
        first = min(int(max(np.floor((begin - new_low) / new_width), 0)), bins - 1)
        last = min(int(max(np.ceil((end - new_low) / new_width), 0)), bins - 1)
        for each in range(first, last + 1):
            low, high = new_low + np.float32(each) * new_width, new_low + np.float32(each + 1) * new_width
            share = min(max((min(end, high) - max(begin, low)) / old_width, np.float32(0)), np.float32(1))
            given = min(np.floor(share * counts[index] + np.float32(0.5)), left)
            result[each] += given
            left -= given
    return result


def _sum(counts: np.ndarray) -> np.float32:
    """Add one by one, in float32."""
    return np.cumsum(counts, dtype=np.float32)[-1]


def _optimised(counts: np.ndarray, low: np.float32, high: np.float32, symmetric: bool) -> tuple[float, float]:
    """Return the window of bins with the least divergence, as a range."""
    if len(counts) < QUANTISED_BINS:
        return float(low), float(high)
    width = (high - low) / np.float32(len(counts))
    least, best = np.float32(np.inf), (low, high)
    first, last = 0, len(counts) - 1
    while last - first + 1 >= QUANTISED_BINS:
        divergence = _divergence(*_distributions(counts, first, last))
        if divergence < least:
            least, best = divergence, (low + np.float32(first) * width, low + np.float32(last + 1) * width)
        first, last = _next_window(counts, first, last, symmetric)
    return _same_ratio(best, low, high) if symmetric else (float(best[0]), float(best[1]))


def _next_window(counts: np.ndarray, first: int, last: int, symmetric: bool) -> tuple[int, int]:
    """Remove the two bins that cost least: one at each end, two on the left, or two on the right."""
    losses = [counts[first] + counts[last], counts[first] + counts[first + 1], counts[last] + counts[last - 1]]
    choice = 0 if symmetric else int(np.argmin(losses))
    return [(first + 1, last - 1), (first + 2, last), (first, last - 2)][choice]


def _distributions(counts: np.ndarray, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the histogram with outliers moved to the window's ends, and its version in QUANTISED_BINS steps."""
    window = counts[first : last + 1]
    saturated = window.copy()
    saturated[0], saturated[-1] = _sum(counts[: first + 1]), _sum(counts[last:])
    # Where the last step begins, which takes what is left over.
    cut = len(window) // QUANTISED_BINS * (QUANTISED_BINS - 1)
    means = [_spread_means(window[:cut].reshape(QUANTISED_BINS - 1, -1)), _spread_means(window[None, cut:])]
    return saturated, np.where(saturated != 0, np.concatenate(means), np.float32(0))


def _spread_means(steps: np.ndarray) -> np.ndarray:
    """Replace every bin of a step (a row) by the mean of the step's filled bins."""
    filled = np.count_nonzero(steps, axis=1)
    sums = np.cumsum(steps, axis=1, dtype=np.float32)[:, -1]
    means = np.where(filled, sums / np.maximum(filled, 1).astype(np.float32), np.float32(0))
    return np.repeat(means, steps.shape[1])


def _conditioned(counts: np.ndarray) -> np.ndarray:
    """Move a little from the filled bins to the empty ones."""
    empty = counts == 0
    filled = len(counts) - np.count_nonzero(empty)
    taken = _ALMOST_ZERO * np.float32(np.count_nonzero(empty)) / np.float32(filled) if filled else np.float32(1)
    if taken >= 1:
        return counts
    return np.where(empty, counts + _ALMOST_ZERO, counts - taken).astype(np.float32)


def _divergence(p: np.ndarray, q: np.ndarray) -> np.float32:
    """Return the Kullback-Leibler divergence of p from q, both normalised first."""
    p, q = _conditioned(p), _conditioned(q)
    if _sum(p) == 0 or _sum(q) == 0:
        return np.float32(0)
    p, q = p / _sum(p), q / _sum(q)
    both = (p > 0) & (q > 0)
    return _sum(p[both] * logf(p[both] / q[both]))


def _same_ratio(best: tuple, low: np.float32, high: np.float32) -> tuple[float, float]:
    """Cut both ends by the same factor, so that zero stays in the middle."""
    ratios = float(best[0]) / float(low), float(best[1]) / float(high)
    if ratios[0] > ratios[1]:
        return float(best[0]), float(np.float32(ratios[0] * float(high)))
    return float(np.float32(ratios[1] * float(low))), float(best[1])
