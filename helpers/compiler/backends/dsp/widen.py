"""Elements as int16 with a border, so that two of them are a word and no window needs a test: C that fills a scratch buffer."""

from dataclasses import dataclass, replace

import numpy as np

from helpers.compiler.ir.graph import Value
from helpers.compiler.ir.window import Window


@dataclass(frozen=True)
class Image:
    """An int8 image inside a border that holds `offset`, which is real 0. pads: top, left, bottom, right.

    halved: each element is the largest of 2x2 that are read: a maximum pool in front, of one channel.
    """

    height: int
    width: int
    channels: int
    offset: int
    pads: tuple[int, int, int, int]
    halved: bool = False

    @property
    def line(self) -> int:
        """Elements of a row with its border."""
        return (self.pads[1] + self.width + self.pads[3]) * self.channels

    @property
    def rows(self) -> int:
        """Rows with the border."""
        return self.pads[0] + self.height + self.pads[2]

    @property
    def size(self) -> int:
        """Elements with the border."""
        return self.rows * self.line

    def even(self) -> "Image":
        """An image of one channel with a column more where its rows have an odd number of elements."""
        top, left, bottom, right = self.pads
        more = self.channels == 1 and self.line % 2 == 1 and self.rows > 1
        return replace(self, pads=(top, left, bottom, right + more))

    def padded(self, x: np.ndarray) -> np.ndarray:
        """int8 arrays [n, ...] as flat int16 ones with the border, and four elements more for who reads words ahead."""
        top, left, bottom, right = self.pads
        images = x.astype(np.int16)
        if self.halved:
            whole = images[:, : 2 * self.height].reshape(len(x), self.height, 2, self.width, 2)
            images = whole.max((2, 4))
        images = images.reshape(-1, self.height, self.width, self.channels)
        pads = ((0, 0), (top, bottom), (left, right), (0, 0))
        flat = np.pad(images, pads, constant_values=self.offset).reshape(len(x), -1)
        return np.pad(flat, ((0, 0), (0, 4)))


def image(x: Value, window: Window) -> Image:
    """The image [1, height, width, channels] of a value; a row [1, n] is a pixel of many channels."""
    shape = x.type.shape[1:]
    height, width, channels = shape if len(shape) == 3 else (1, 1, *shape)
    return Image(height, width, channels, x.type.offset, window.pads)


def whole(image: Image) -> str:
    """C that widens an image from `in` to `wide`."""
    top, left, bottom, right = image.pads
    middle = elements(image.height * image.width * image.channels, "from", "to")
    if left or right or image.halved:
        middle = f"    for (int y = 0; y < {image.height}; y++) {{\n{line(image, 'from', 'to')}    }}\n"
    above, below = (fill(rows * image.line, image.offset, "to") for rows in (top, bottom))
    return f"  {{\n    const int8_t *from = in;\n    int16_t *to = wide;\n{above}{middle}{below}  }}\n"


def line(image: Image, source: str, target: str) -> str:
    """C that widens a row of the image with the border at its sides; both pointers move on."""
    left, right = (fill(pad * image.channels, image.offset, target) for pad in (image.pads[1], image.pads[3]))
    if image.halved:
        return (
            left
            + _HALVED % {"words": image.width // 2, "row": 2 * image.width, "source": source, "target": target}
            + right
        )
    return left + elements(image.width * image.channels, source, target) + right


def elements(count: int, source: str, target: str, times: str = "") -> str:
    """C that widens elements; both pointers move on. times: C that is a number by which the count is multiplied."""
    text, factor = "", f"{times} * " if times else ""
    if count % 4 and times:
        quads, rest = f"{factor}{count} / 4", f"{factor}{count} % 4"
    else:
        quads, rest = f"{factor}{count // 4}", str(count % 4)
    if count >= 4 or times:
        text += f"      for (int i = 0; i < {quads}; i++, {source} += 4, {target} += 4) widen4({source}, {target});\n"
    if count % 4:
        text += f"      for (int i = 0; i < {rest}; i++) *{target}++ = *{source}++;\n"
    return text


def fill(count: int, value: int, target: str) -> str:
    """C that writes elements of the border; the pointer moves on."""
    return f"      for (int i = 0; i < {count}; i++) *{target}++ = {value};\n" if count else ""


_HALVED = """\
      for (int i = 0; i < %(words)d; i++, %(source)s += 4, %(target)s += 2) {
        uint32_t columns = largest4(four(%(source)s), four(%(source)s + %(row)d));
        set_pair(%(target)s, widened2(largest4(columns, columns >> 8)));
      }
      %(source)s += %(row)d;
"""
