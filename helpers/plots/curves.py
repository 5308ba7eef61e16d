"""Figures of a training run: its curves, live and afterwards."""

import sys
import time

import numpy as np
from IPython import get_ipython
from IPython.display import display
from tqdm import tqdm

from helpers.network.history import History
from helpers.network.training import Progress
from helpers.plots import style

_SECONDS_BETWEEN_BARS = 0.5
_SECONDS_BETWEEN_CURVES = 4


def accuracy(history: History):
    """Draw the accuracy over the epochs, on training and on test images."""
    figure, plot = style.axes(7, 3)
    _pair(plot, history, "accuracy", "lower right")
    return figure


def loss(history: History):
    """Draw the loss over the epochs, on training and on test images."""
    figure, plot = style.axes(7, 3)
    _pair(plot, history, "loss", "upper right")
    return figure


def both(history: History):
    """Draw accuracy and loss side by side."""
    figure, plots = style.axes(9, 2.8, 1, 2)
    _pair(plots[0], history, "accuracy", "lower right")
    _pair(plots[1], history, "loss", "upper right")
    return figure


def _pair(plot, history: History, quantity: str, place: str):
    epochs = np.arange(1, history.epochs + 1)
    marker = "o" if history.epochs < 10 else None
    plot.plot(epochs, getattr(history, quantity), color=style.BLUE, marker=marker, label="train")
    plot.plot(epochs, getattr(history, f"val_{quantity}"), "--", color=style.VERMILION, marker=marker, label="test")
    plot.set(xlabel="epoch", ylabel=quantity)
    plot.xaxis.get_major_locator().set_params(integer=True)
    plot.legend(loc=place, frameon=False)


class Live:
    """A progress bar and growing curves for training.train(on_progress=...), used as `with Live() as live:`.

    In a notebook both are replaced in place, so a saved notebook holds their last state only, whether JupyterLab or
    papermill ran it. In a terminal there is a bar.
    """

    def __init__(self):
        self._notebook = getattr(get_ipython(), "kernel", None) is not None
        self._started = self._bar_at = self._curves_at = time.monotonic()
        self._first_epoch = self._progress = None
        self._bar = self._curves = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self._progress:
            self._show_bar()
            if self._notebook and self._progress.history.epochs > 1:
                self._show_curves()
            elif not self._notebook:
                print(file=sys.stderr)

    def __call__(self, progress: Progress):
        """Show the progress of the run, unless it was shown a moment ago."""
        now, self._progress = time.monotonic(), progress
        self._first_epoch = progress.epoch if self._first_epoch is None else self._first_epoch
        if now - self._bar_at > _SECONDS_BETWEEN_BARS:
            self._bar_at = now
            self._show_bar()
        if self._notebook and progress.history.epochs > 1 and now - self._curves_at > _SECONDS_BETWEEN_CURVES:
            self._curves_at = now
            self._show_curves()

    def _show_bar(self):
        progress, seconds = self._progress, time.monotonic() - self._started
        done = progress.epoch - self._first_epoch + progress.fraction
        total = progress.epochs - self._first_epoch + 1
        bar = tqdm.format_meter(round(done, 2), total, seconds, ncols=72, unit="epoch")
        line = f"epoch {progress.epoch} of {progress.epochs} {bar}"
        if self._notebook:
            self._bar = self._replace(self._bar, {"text/plain": line}, raw=True)
        else:
            print(f"\r{line}", end="", file=sys.stderr)

    def _show_curves(self):
        figure = both(self._progress.history)
        style.plt.close(figure)  # shown here, not again at the end of the cell
        self._curves = self._replace(self._curves, figure)

    @staticmethod
    def _replace(handle, what, **options):
        if handle is None:
            return display(what, display_id=True, **options)
        handle.update(what, **options)
        return handle
