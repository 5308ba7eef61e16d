"""Let an emulated board read a drawn digit: it runs the program that would be flashed, with the drawing as its image."""

import time
from dataclasses import dataclass, replace

import numpy as np

from helpers.common import artifacts
from helpers.common.errors import BadInput
from helpers.data import images, photo
from helpers.data import strokes as drawing
from helpers.data.photo import Photo
from helpers.evaluation import results
from helpers.evaluation.results import Console
from helpers.firmware import projects
from helpers.hardware.emulator.run import RunResult

IMAGE = "imageData"  # main.c's array for the image


@dataclass(frozen=True)
class Answer:
    """A board's answer to a drawing.

    prepared: the drawing's steps to 28 x 28. values: the network's input, int8 (28, 28). run: the board's run; console:
    its printed text. seconds: from the strokes to the console's last line, on this machine. photo: the photo read in place of a
    drawing, with its steps.
    """

    prepared: drawing.Prepared
    values: np.ndarray
    run: RunResult
    console: Console
    seconds: float
    photo: Photo | None = None

    @property
    def text(self) -> str:
        """The answer in one line: the class, and the board's time in milliseconds."""
        return f"{self.console.top1}, {self.console.time_us / 1000:.1f} ms"


class Reader:
    """A board whose program is built; each drawing replaces the program's built-in image."""

    def __init__(self, board: str = "ke16z", weights: str = "flash"):
        """Open the project in build/firmware/; raises MissingInput if there is none, BadInput if it takes no int8."""
        self.project = projects.opened(board, weights)
        element = self.project.header.input.element
        if element != "i8":
            remedy = "run notebooks/06_profile_and_compile.ipynb and the board's notebook again"
            raise BadInput(f"takes {element}, not int8", where=artifacts.shown(self.project.folder), remedy=remedy)

    @property
    def title(self) -> str:
        """The board's name, in its maker's spelling."""
        return self.project.board.title

    def read(self, strokes: list[drawing.Stroke]) -> Answer:
        """Let the board read strokes (see drawing.ink); raises BadInput for a drawing without ink."""
        start = time.monotonic()
        return self._answer(drawing.prepare(drawing.ink(strokes)), start)

    def read_photo(self, source) -> Answer:
        """Let the board read a photo, given as a path or bytes of a PNG or JPEG; raises what photo.read raises."""
        start, shown = time.monotonic(), photo.read(source)
        return replace(self._answer(shown.prepared, start), photo=shown)

    def _answer(self, prepared: drawing.Prepared, start: float) -> Answer:
        """Run the program on a prepared digit; start: the time at which the reading began."""
        values = images.preprocess(prepared.pixels[..., None], "neg128to127", "NHWC", dtype=np.int8)
        run = projects.run(self.project, data={IMAGE: values.tobytes()})
        console = results.read_console(run.console)
        return Answer(prepared, values.reshape(28, 28), run, console, time.monotonic() - start)
