"""A sheet to draw a digit on with mouse, finger or keyboard, and an emulated board's answer beside it."""

import traitlets

from helpers.common.errors import WorkbookError
from helpers.data import strokes as drawing
from helpers.evaluation.drawn_digit import Reader
from helpers.plots import drawn
from helpers.widgets.base import Printed, front_end


class Canvas(Printed):
    """The sheet. After every stroke the board reads the drawing again; `answer` holds its answer.

    strokes: the drawing, in the format of strokes.ink; may be set. examples: strokes for each digit, to choose from.
    photo: the bytes of a PNG or JPEG chosen in place of a drawing.
    reply: shown by the page: answer and console text, 784 pixels, seconds, and a number that differs between replies.
    """

    _esm, _css = front_end("canvas")
    strokes = traitlets.List().tag(sync=True)
    examples = traitlets.Dict().tag(sync=True)
    photo = traitlets.CBytes().tag(sync=True)  # a page's bytes come as a memoryview
    title = traitlets.Unicode().tag(sync=True)
    reply = traitlets.Dict().tag(sync=True)

    def __init__(self, reader: Reader, digit: int = 7):
        """Make a sheet. reader: answers drawings and photos. digit: the example that is on the sheet at first."""
        self.reader, self.answer, self._replies = reader, None, 0
        examples = {str(key): strokes for key, strokes in drawing.examples().items()}
        super().__init__(title=reader.title, examples=examples)
        self.observe(self._on_strokes, "strokes")
        self.observe(self._on_photo, "photo")
        self.strokes = examples[str(digit)]

    def _on_strokes(self, _) -> None:
        """Read the drawing; an empty sheet is no error, and leaves a photo as it is."""
        if self.strokes or not self.photo:
            self._reply(lambda: self.reader.read(self.strokes), quiet=not self.strokes)

    def _on_photo(self, _) -> None:
        """Read the chosen photo; if it is taken away, the drawing is what is left."""
        if self.photo:
            self._reply(lambda: self.reader.read_photo(bytes(self.photo)))
        elif not self.strokes:
            self._on_strokes(None)

    def _reply(self, read, quiet: bool = False) -> None:
        """Let the board read, and show its output; errors about a drawing are shown in its place."""
        self._replies += 1
        shown = {"answer": "", "console": "", "pixels": [], "seconds": 0, "number": self._replies}
        try:
            self.answer = read()
        except WorkbookError as error:
            self.answer = None
            self.reply = shown | {"console": "" if quiet else str(error)}
            return
        self.reply = shown | {
            "answer": self.answer.text,
            "console": self.answer.run.console,
            "pixels": self.answer.prepared.pixels.ravel().tolist(),
            "seconds": round(self.answer.seconds, 3),
        }

    def figure(self):
        """Draw the sheet, the 28 x 28 pixels, and the board's console."""
        return drawn.read_by_board(self.answer, self.title) if self.answer else drawn.sheet(drawing.ink(self.strokes))
