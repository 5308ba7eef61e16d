"""Figures of a network: its layers in order, the values between them, and each layer's cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Patch

from helpers.plots import style

if TYPE_CHECKING:  # it loads TensorFlow, which notebook 04 does without where there is none
    from helpers.network.cnn import LayerCost

_COLOURS = {"Conv2D": style.ORANGE, "MaxPooling2D": style.SKY, "Dense": style.GREEN}


def layers(costs: list[LayerCost], image: tuple[int, int, int] = (28, 28, 1)):
    """Draw the layers in order and to scale: squares are feature maps, columns are vectors."""
    figure, plot = style.axes(11, 3)
    x = _draw(plot, 0, image, "input", "white", 0)
    for layer in costs:
        x = _draw(plot, x, layer.output, layer.name, _COLOURS.get(layer.kind, "white"), layer.parameters)
    kinds = [Patch(facecolor=colour, edgecolor=style.BLACK, label=kind) for kind, colour in _COLOURS.items()]
    plot.legend(handles=kinds, loc="upper right", fontsize=9, frameon=False)
    plot.set(xlim=(-4, x), ylim=(-30, 20), aspect="equal")
    plot.axis("off")
    return figure


def _draw(plot, x: float, shape: tuple[int, ...], name: str, colour: str, parameters: int) -> float:
    """Draw one layer's output at x; return the x at which the next may start."""
    height, width, maps = shape if len(shape) == 3 else (shape[0], 2, 1)
    for index in reversed(range(maps)):
        corner = (x + index * 1.2, -height / 2 + index * 1.2)
        plot.add_patch(style.plt.Rectangle(corner, width, height, facecolor=colour, edgecolor="black", linewidth=0.7))
    taken = width + (maps - 1) * 1.2
    label = f"{name}\n{' x '.join(map(str, shape))}" + (f"\n{parameters:,} par." if parameters else "")
    plot.text(x + taken / 2, -20, label, ha="center", va="top", fontsize=7.5)
    return x + max(taken, 12) + 4


def operators(names: list[str], across: int = 9):
    """Draw the operators of an ONNX graph in order, as boxes, row by row."""
    figure, plot = style.axes(11, 0.8 * -(-len(names) // across))
    for index, name in enumerate(names):
        x, y = index % across, -(index // across)
        colour = {"Conv": style.ORANGE, "MaxPool": style.SKY, "MatMul": style.GREEN}.get(name, "white")
        plot.add_patch(style.plt.Rectangle((x + 0.06, y - 0.3), 0.8, 0.6, facecolor=colour, edgecolor="black"))
        plot.text(x + 0.46, y, name, ha="center", va="center", fontsize=9)
        plot.text(x + 0.93, y, "\N{RIGHTWARDS ARROW}" if index < len(names) - 1 else "", ha="center", va="center")
    plot.set(xlim=(0, across + 0.1), ylim=(y - 0.5, 0.5))
    plot.axis("off")
    return figure


def feature_maps(pixels: np.ndarray, activations: dict[str, np.ndarray]):
    """Draw a digit's image, and each layer's output (height, width, channels) for it channel by channel."""
    most = max(values.shape[-1] for values in activations.values())
    figure, plots = style.axes(1.35 * (len(activations) + 1), 1.2 * most, most, len(activations) + 1)
    for column, (name, values) in enumerate({"input": pixels.reshape(28, 28, 1), **activations}.items()):
        for channel in range(most):
            plot = plots[channel, column]
            plot.set(xticks=[], yticks=[])
            plot.spines[:].set_visible(True)
            if channel >= values.shape[-1]:
                plot.axis("off")
                continue
            plot.imshow(values[:, :, channel], cmap="gray_r", vmin=0, vmax=max(values.max(), 1e-6))
        plots[0, column].set_title(f"{name}\n{values.shape[0]} x {values.shape[1]}", fontsize=8)
    return figure


def costs(table: list[LayerCost]):
    """Draw parameters, multiply-accumulates and activations of each layer that has any."""
    table = [layer for layer in table if layer.parameters or layer.kind == "MaxPooling2D"]
    figure, plots = style.axes(10, 0.32 * len(table) + 1, 1, 3)
    for plot, quantity in zip(plots, ("parameters", "macs", "activations"), strict=True):
        values = [getattr(layer, quantity) for layer in table]
        plot.barh(range(len(table)), values, color=style.SKY, edgecolor=style.BLACK, linewidth=0.6)
        for place, value in enumerate(values):
            plot.text(value, place, f" {value:,}", va="center", fontsize=8)
        plot.set(title="multiply-accumulates" if quantity == "macs" else quantity, yticks=range(len(table)))
        plot.set_yticklabels([layer.name for layer in table] if plot is plots[0] else [])
        plot.invert_yaxis()
        plot.margins(x=0.25)
        plot.tick_params(labelsize=8)
    return figure
