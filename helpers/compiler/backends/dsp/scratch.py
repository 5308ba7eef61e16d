"""How much of its input a layer widens at a time: all of it, some pixels, or the rows under its windows, kept from row to row."""

from dataclasses import dataclass

from helpers.compiler.backends.dsp import widen
from helpers.compiler.backends.dsp.sums import Sums
from helpers.compiler.backends.dsp.widen import Image

SMALL = 1024  # elements: an image that is widened as a whole
MORE = 4  # elements behind the last, for who reads words ahead
WHOLE, PIXELS, ROWS = "whole", "pixels", "rows"


@dataclass(frozen=True)
class Scratch:
    """kind: WHOLE, PIXELS (`count` at a time) or ROWS (`count` lines, `step` of them new for each row of results)."""

    kind: str
    count: int
    step: int
    elements: int


def of_layer(sums: Sums, image: Image, wide: int) -> Scratch:
    """Choose for a layer with blocks of `wide` neighbouring windows."""
    if _flat(sums, image):
        count = _pixels(sums, image, wide)
        return Scratch(PIXELS, count, count, count * image.channels + MORE)
    step = sums.down * (2 if sums.pooled else 1) // image.line
    reach = max(sums.offsets()) + sums.weights.shape[2] - 1 + (sums.down if sums.pooled else 0)
    count = reach // image.line + 1
    if image.size <= SMALL or sums.rows == 1:
        return Scratch(WHOLE, image.rows, step, image.size + MORE)
    return Scratch(ROWS, count, step, count * image.line + MORE)


def _flat(sums: Sums, image: Image) -> bool:
    """Whether each window is a pixel of its own, one behind the other."""
    pixels = image.height * image.width
    return (sums.rows, sums.columns, sums.across) == (1, pixels, image.channels) and sums.weights[0].size == sums.across


def _pixels(sums: Sums, image: Image, wide: int) -> int:
    """As many pixels as are small, so that the last part does not have fewer than a block needs."""
    most = max(SMALL // 2 // image.channels, wide)
    if sums.columns <= most:
        return sums.columns
    counts = (count for count in range(most, wide - 1, -1) if not 0 < sums.columns % count < wide)
    return next(counts, sums.columns)


def in_place(sums: Sums, image: Image, scratch: Scratch) -> bool:
    """Whether the results may lie where the input lies: no row of results reaches a row that has not been widened."""
    if scratch.kind != ROWS:
        return True  # from the last pixels to the first ones where the results are larger
    source, row = image.width * image.channels, sums.columns * sums.outputs
    read = [min(y * scratch.step - image.pads[0] + scratch.count, image.height) for y in range(sums.rows)]
    return all((y + 1) * row <= rows * source or rows == image.height for y, rows in enumerate(read))


def c(sums: Sums, image: Image, scratch: Scratch, block: str) -> str:
    """C that widens and computes. block: a row's results from `line` to `result`, with `columns` windows if PIXELS."""
    if scratch.kind == PIXELS:
        return _pixels_c(sums, image, scratch, block)
    kept = max(scratch.count - scratch.step, 0)
    values = {
        "rows": sums.rows, "row": sums.columns * sums.outputs, "line": image.line, "count": scratch.count,
        "step": scratch.step, "top": image.pads[0], "height": image.height, "block": block,
        "down": scratch.step * image.line, "widen": widen.line(image, "from", "to"),
        "source": image.width * image.channels, "fill": widen.fill(image.line, image.offset, "to"),
        "columns": sums.columns, "kept": kept, "pairs": -(-kept * image.line // 2),
    }  # fmt: skip
    if scratch.kind == WHOLE:
        return widen.whole(image) + _WHOLE % values
    return _ROWS % (values | {"keep": _KEEP % values if kept else ""})


def _pixels_c(sums: Sums, image: Image, scratch: Scratch, block: str) -> str:
    """From the first part to the last, or the other way: results that are larger would reach what comes behind."""
    count, total = scratch.count, sums.columns
    parts, rest = -(-total // count), total % count
    forwards = f"int part = 0; part < {parts}; part++"
    backwards = f"int part = {parts - 1}; part >= 0; part--"
    if rest:
        columns, widening = (
            f"part < {parts - 1} ? {count} : {rest}",
            widen.elements(image.channels, "from", "to", "columns"),
        )
    else:
        columns, widening = f"{count}", widen.elements(count * image.channels, "from", "to")
    values = {
        "loop": backwards if sums.outputs > image.channels else forwards, "columns": columns, "block": block,
        "source": count * image.channels, "row": count * sums.outputs, "widen": widening,
    }  # fmt: skip
    return _PIXELS % values


_WHOLE = """\
  for (int y = 0; y < %(rows)d; y++) {
    const int16_t *line = wide + y * %(down)d;
    int8_t *result = out + y * %(row)d;
    const int columns = %(columns)d;
%(block)s  }
"""
_PIXELS = """\
  for (%(loop)s) {
    const int columns = %(columns)s;
    const int8_t *from = in + part * %(source)d;
    int16_t *to = wide;
%(widen)s    const int16_t *line = wide;
    int8_t *result = out + part * %(row)d;
%(block)s  }
"""
_ROWS = """\
  for (int y = 0; y < %(rows)d; y++) {
    int16_t *to = wide;
    int row = y * %(step)d - %(top)d;
%(keep)s    for (int last = y * %(step)d - %(top)d + %(count)d; row < last; row++) {
      if (row < 0 || row >= %(height)d) {
%(fill)s      } else {
        const int8_t *from = in + row * %(source)d;
%(widen)s      }
    }
    const int16_t *line = wide;
    int8_t *result = out + y * %(row)d;
    const int columns = %(columns)d;
%(block)s  }
"""
_KEEP = """\
    if (y > 0) {  /* the lines that the row before has left */
      for (int i = 0; i < %(pairs)d; i++) set_pair(wide + 2 * i, loose_pair(wide + 2 * i + %(down)d));
      to += %(kept)d * %(line)d;
      row += %(kept)d;
    }
"""
