"""Explore schema, precision and profile size: each choice shows its accuracy, bytes and cycles."""

import ipywidgets

from helpers.compiler.numerics import affine
from helpers.evaluation.quantisation_choices import PRECISIONS, PROFILE_IMAGES, Choice, Measured
from helpers.plots import quantisation_choices
from helpers.widgets.base import WithPicture


class Explorer(WithPicture, ipywidgets.VBox):
    """Two menus and a slider over measured outcomes; `shown` is the text beside them. The printed form is a full table."""

    def __init__(self, measured: Measured):
        """Make an explorer. measured: outcomes of quantisation_choices.grid(), or of a part of it."""
        self.measured = measured
        wide = {"style": {"description_width": "8em"}}
        self.schema = ipywidgets.Dropdown(options=affine.SCHEMAS, description="schema", **wide)
        self.precision = ipywidgets.Dropdown(options=PRECISIONS, description="precision", **wide)
        self.images = ipywidgets.SelectionSlider(options=PROFILE_IMAGES, description="profile images", **wide)
        self.shown = ipywidgets.HTML()
        controls = (self.schema, self.precision, self.images)
        super().__init__([*controls, self.shown])
        for control in controls:
            control.observe(self._on_choice, "value")
        self._on_choice()

    def _on_choice(self, _=None) -> None:
        """Show the outcome that the controls select."""
        choice = Choice(self.schema.value, self.precision.value, profile_images=self.images.value)
        found = {outcome.choice: outcome for outcome in self.measured.outcomes}
        if choice not in found:
            self.shown.value = 'not measured: run the notebook with <code>choices = "all"</code>'
            return
        outcome, note = found[choice], self.measured.of(Choice())
        rows = (
            ("accuracy", f"{outcome.accuracy:.2%}", f"{100 * (outcome.accuracy - note.accuracy):+.2f} points"),
            ("code and weights", f"{outcome.flash_bytes:,} B", f"{outcome.flash_bytes / note.flash_bytes:.2f} times"),
            (
                "placeholders and activations",
                f"{outcome.ram_bytes:,} B",
                f"{outcome.ram_bytes / note.ram_bytes:.2f} times",
            ),
            ("cycles", f"{outcome.cycles:,}", f"{outcome.cycles / note.cycles:.2f} times"),
        )
        cells = ("".join(f"<td style='padding: 0 1em'>{cell}</td>" for cell in row) for row in rows)
        lines = "".join(f"<tr>{row}</tr>" for row in cells)
        self.shown.value = f"<table><tr><th></th><th>here</th><th>against the note's</th></tr>{lines}</table>"

    def figure(self):
        """Draw the table of every combination."""
        return quantisation_choices.every_combination(self.measured)
