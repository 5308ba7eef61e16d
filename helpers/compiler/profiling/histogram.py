"""The running range and histogram of one value over many inferences, as Glow's profiling keeps them."""

import numpy as np

MOST_BINS = 4096  # KL calibration looks at half as many windows, each of up to so many bins: a second for each value


class Histogram:
    """The range so far, and the counts of `bins` equal bins in it (all float32)."""

    def __init__(self, bins: int = 10):
        self.low = self.high = np.float32(0)
        self.counts = np.zeros(bins, np.float32)

    def add(self, array: np.ndarray) -> None:
        """Count one inference's values; if they exceed the range so far, spread the old counts over the wider one."""
        low, high = np.float32(array.min()), np.float32(array.max())
        if not self.counts.any():
            self.low, self.high = low, high
        if low < self.low or high > self.high:
            self._widen(min(low, self.low), max(high, self.high))
        width = (self.high - self.low) / np.float32(len(self.counts))
        np.add.at(self.counts, self._bins(array.ravel(), width), np.float32(1))

    def repeat(self, times: int) -> None:
        """Count repetitions of everything counted so far: float32 counts grow by one up to 2**24."""
        self.counts = np.minimum(self.counts * np.float32(times), np.float32(2**24))

    def _bins(self, values: np.ndarray, width: np.float32) -> np.ndarray:
        if width == 0:
            return np.zeros(len(values), np.int64)
        return np.minimum(((values - self.low) / width).astype(np.int64), len(self.counts) - 1)

    def _widen(self, low: np.float32, high: np.float32) -> None:
        """Widen the range: each old bin overlaps at most two new ones and is split in proportion."""
        bins, old, start = np.float32(len(self.counts)), self.counts, self.low
        old_width = (self.high - start) / bins
        self.low, self.high, self.counts = low, high, np.zeros_like(old)
        width = (high - low) / bins
        for index in np.flatnonzero(old):
            begin = start + old_width * np.float32(index)
            end = low + width * np.float32(int((begin - low) / width) + 1)
            share = np.float32(np.round((end - begin) / old_width * old[index])) if old_width else old[index]
            first = np.float32(int(min(share, old[index])))
            self.counts[self._bins(np.array([begin]), width)] += first
            if first < old[index]:
                self.counts[self._bins(np.array([begin + width]), width)] += old[index] - first
