"""Synthesised photographs of digits: rotated, slanted, shaded, noisy, on grey paper, dark on light or light on dark."""

import numpy as np
from PIL import Image, ImageDraw

from helpers.data import strokes


def paper(drawing, side: int = 600, pen: int = 40, ink: int = 40, ground: int = 170) -> Image.Image:
    """A drawing in ink on paper, both even."""
    image = Image.new("L", (side, side), ground)
    draw = ImageDraw.Draw(image)
    for stroke in drawing:
        points = [(x * side, y * side) for x, y in stroke]
        draw.line(points, fill=ink, width=pen, joint="curve")
        for x, y in points:
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=ink)
    return image


def turned(drawing, random: np.random.Generator):
    """The same strokes, rotated by up to 12 degrees, slanted, smaller, moved, and a little shaky."""
    angle, slant = np.deg2rad(random.uniform(-12, 12)), random.uniform(-0.15, 0.15)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ [[1, slant], [0, 1]]
    size, shift = random.uniform(0.35, 0.75), random.uniform(-0.1, 0.1, 2)
    return [
        ((np.array(stroke) - 0.5) @ turn.T * size + 0.5 + shift + random.normal(0, 0.004, (len(stroke), 2))).clip(0, 1)
        for stroke in drawing
    ]


def photograph(digit: int, random: np.random.Generator) -> Image.Image:
    """One photograph of a digit, RGB."""
    ground = int(random.integers(120, 245))
    ink = int(random.integers(0, ground - 80))
    if random.random() < 0.25:
        ground, ink = 255 - ground, 255 - ink  # chalk on a blackboard
    image = paper(turned(strokes.examples()[digit], random), 600, int(random.integers(10, 40)), ink, ground)
    x, y = np.meshgrid(np.linspace(-1, 1, 600), np.linspace(-1, 1, 600))
    shade = random.uniform(-25, 25) * x + random.uniform(-25, 25) * y
    noise = random.normal(0, random.uniform(0, 10), (600, 600))
    return Image.fromarray((np.asarray(image, float) + shade + noise).clip(0, 255).astype(np.uint8)).convert("RGB")


def hundred() -> list[tuple[int, Image.Image]]:
    """A hundred photographs, ten of each digit; always the same."""
    random = np.random.default_rng(3)
    return [(digit, photograph(digit, random)) for digit in range(10) for _ in range(10)]
