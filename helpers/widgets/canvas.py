"""A sheet to draw a digit on, with mouse, finger or keyboard, and beside it what an emulated board makes of it."""

from collections.abc import Callable

import traitlets

from helpers.common.errors import WorkbookError
from helpers.data import strokes as drawing
from helpers.evaluation.drawn_digit import Answer
from helpers.plots import drawn
from helpers.widgets.base import Printed, front_end


class Canvas(Printed):
    """The sheet. After every stroke the board reads the drawing anew; `answer` holds what came of it.

    strokes: the drawing, as drawing.ink takes it; may be set. examples: strokes for each digit, to choose from.
    reply: what the page shows: console text, 784 pixels, seconds, and a number that tells one reply from the next.
    """

    _esm, _css = front_end("canvas")
    strokes = traitlets.List().tag(sync=True)
    examples = traitlets.Dict().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    reply = traitlets.Dict().tag(sync=True)

    def __init__(self, read: Callable[[list], Answer], title: str, digit: int = 7):
        """read: what answers a drawing, such as drawn_digit.Reader.read. digit: which example lies on the sheet at first."""
        self.read, self.answer, self._replies = read, None, 0
        examples = {str(key): strokes for key, strokes in drawing.examples().items()}
        super().__init__(title=title, examples=examples)
        self.observe(self._on_strokes, "strokes")
        self.strokes = examples[str(digit)]

    def _on_strokes(self, _) -> None:
        """Read the drawing; what is wrong with it is shown where the board would print."""
        self._replies += 1
        try:
            self.answer = self.read(self.strokes)
        except WorkbookError as error:
            self.answer = None
            self.reply = {
                "console": str(error) if self.strokes else "",
                "pixels": [],
                "seconds": 0,
                "number": self._replies,
            }
            return
        self.reply = {
            "console": self.answer.run.console,
            "pixels": self.answer.prepared.pixels.ravel().tolist(),
            "seconds": round(self.answer.seconds, 3),
            "number": self._replies,
        }

    def figure(self):
        """The sheet, the 28 x 28 pixels, and the board's console."""
        return drawn.read_by_board(self.answer, self.title) if self.answer else drawn.sheet(drawing.ink(self.strokes))
