"""Figures of notebook 24: the preparation of a drawing, the board's answer, and each layer's output."""

import numpy as np

from helpers.data.photo import Photo
from helpers.data.strokes import Prepared
from helpers.evaluation.drawn_digit import Answer
from helpers.evaluation.feature_maps import Layer
from helpers.plots import style

_PAPER = "gray_r"  # ink is dark, as on paper


def sheet(ink: np.ndarray):
    """Draw the sheet alone."""
    figure, plot = style.axes(2.4, 2.4)
    _picture(plot, ink, "")
    return figure


def preparation(prepared: Prepared):
    """Draw the four stages of a drawing: sheet, cropped, 20 x 20, 28 x 28 with its centre of mass marked."""
    figure, plots = style.axes(9, 2.6, 1, 4)
    stages = {"the sheet": prepared.ink, "cropped": prepared.cropped, "into 20 x 20": prepared.boxed}
    for plot, (title, image) in zip(plots, stages.items(), strict=False):
        _picture(plot, image, f"{title}\n{image.shape[0]} x {image.shape[1]}")
    _picture(plots[3], prepared.pixels, "centre of mass\nin the middle of 28 x 28")
    plots[3].axvline(14, color=style.VERMILION, linewidth=1)
    plots[3].axhline(14, color=style.VERMILION, linewidth=1, linestyle="--")
    return figure


def photo_steps(photo: Photo):
    """Draw the steps of a photo: grey, contrast against the paper, ink, cropped, 20 x 20, 28 x 28."""
    figure, plots = style.axes(10, 2.2, 1, 6)
    stages = (("the photo, grey", 255 - photo.grey), ("without the paper", photo.contrast), ("ink", photo.ink))
    for plot, (title, image) in zip(plots, stages, strict=False):
        _picture(plot, image, title)
    _picture(plots[3], photo.prepared.cropped, "cropped")
    _picture(plots[4], photo.prepared.boxed, f"into 20 x 20\n{' x '.join(map(str, photo.prepared.boxed.shape))}")
    _picture(plots[5], photo.prepared.pixels, "centred in 28 x 28")
    return figure


def read_by_board(answer: Answer, title: str):
    """Draw a drawing, the board's input pixels, its ten confidences, and its answer and time in large type."""
    figure, (drawing, pixels, bars, words) = style.axes(10.5, 2.7, 1, 4)
    _picture(drawing, answer.prepared.ink, "drawn")
    _picture(pixels, answer.prepared.pixels, "28 x 28")
    outputs = answer.console.confidences
    colours = [style.ORANGE if digit == answer.console.top1 else style.SKY for digit in range(len(outputs))]
    heights = np.array(outputs) + 128
    made = bars.bar(range(len(outputs)), heights, bottom=-128, color=colours, edgecolor=style.BLACK, linewidth=0.6)
    made[answer.console.top1].set_hatch("//")
    bars.set(xticks=range(len(outputs)), xlabel="class", ylabel="confidence (int8)", ylim=(-128, 140))
    words.axis("off")
    words.text(
        0.5, 0.6, str(answer.console.top1), ha="center", va="center", fontsize=60, weight="bold", color=style.BLUE
    )
    words.text(0.5, 0.12, f"{answer.console.time_us / 1000:.1f} ms", ha="center", fontsize=17, weight="bold")
    words.set_title(f"the {title} says", fontsize=9)
    return figure


def float_beside_int8(layers: list[Layer]):
    """Draw a column per layer: its float numbers, the real values of its integers in the same greys, and the difference."""
    figure, plots = style.axes(1.25 * len(layers), 4.3, 3, len(layers))
    for column, layer in enumerate(layers):
        values = np.stack([layer.real, layer.real_of_integers])
        greys = (values.min(), values.max())
        _picture(plots[0, column], _mosaic(layer.real), layer.name.replace(", ", ",\n"), greys)
        _picture(plots[1, column], _mosaic(layer.real_of_integers), "", greys)
        _picture(
            plots[2, column], _mosaic(layer.error), f"largest {layer.error.max():.1f}", (0, max(1.0, layer.error.max()))
        )
    for row, label in enumerate(("float32", "int8", "apart, in steps\n(black: the largest)")):
        plots[row, 0].set_ylabel(label, fontsize=8)
    return figure


def _mosaic(values: np.ndarray) -> np.ndarray:
    """Arrange a layer's output in one picture: channels in a square, a vector in rows; NaN between and after them."""
    if values.ndim == 1:
        columns = 7 if len(values) > 10 else 5
        padded = np.full(-(-len(values) // columns) * columns, np.nan)
        padded[: len(values)] = values
        return padded.reshape(-1, columns)
    height, width, channels = values.shape
    across = int(np.ceil(np.sqrt(channels)))
    picture = np.full((-(-channels // across) * (height + 1) - 1, across * (width + 1) - 1), np.nan)
    for channel in range(channels):
        top, left = channel // across * (height + 1), channel % across * (width + 1)
        picture[top : top + height, left : left + width] = values[:, :, channel]
    return picture


def _picture(plot, image: np.ndarray, title: str, greys: tuple[float, float] = (None, None)) -> None:
    plot.imshow(image, cmap=_PAPER, interpolation="nearest", vmin=greys[0], vmax=greys[1])
    plot.set(xticks=[], yticks=[])
    plot.set_title(title, fontsize=8)
    plot.spines[:].set_visible(True)
