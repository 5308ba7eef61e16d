"""Apply the steps to a main.c in the note's order, and report each."""

import difflib
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadInput
from helpers.firmware.main_c import input_step, m7_steps, port_steps, source
from helpers.firmware.main_c.target import Target


@dataclass(frozen=True)
class Step:
    """One of the note's steps: its place in the note, its effect, and any correction to the note."""

    label: str
    title: str
    change: Callable[[str, Target], str]
    correction: str = ""


@dataclass(frozen=True)
class Outcome:
    """A step's outcome: the unified diff, "" if main.c already had the change."""

    step: Step
    diff: str

    def __str__(self) -> str:
        lines = [f"{self.step.label}: {self.step.title}" + ("" if self.diff else " (already so)")]
        if self.step.correction:
            lines += textwrap.wrap(
                f"corrected: {self.step.correction}", 98, initial_indent="  ", subsequent_indent="    "
            )
        return "\n".join([*lines, self.diff.rstrip("\n")]).rstrip("\n")


@dataclass(frozen=True)
class Patched:
    """The new text, and the outcome of each step in order."""

    text: str
    outcomes: tuple[Outcome, ...]


M7_STEPS = (
    Step("step 7", "lenet_mnist becomes the new bundle's name", m7_steps.rename_bundle),
    Step(
        "step 8",
        "input and output lie where the new bundle's header says",
        m7_steps.set_addresses,
        "the output's name is taken from the header; the note's MNIST_NXP_dense_2__1 depends on the tools' version",
    ),
    Step("step 9", "the input is 28x28x1 bytes and comes from test_image.inc", m7_steps.set_input),
    Step("step 10", "the output is read as int8", m7_steps.set_output_type),
    Step(
        "step 11",
        "the search for the highest confidence is one of int8",
        m7_steps.set_maximum,
        "it starts at INT8_MIN; from the note's 0 it misses an output whose values are all negative",
    ),
    Step("step 12", "each class is printed with its confidence", m7_steps.print_each_class),
    Step(
        "step 13",
        "the time is printed in us",
        m7_steps.print_microseconds,
        "%lu stays where the note writes %d, which is for a signed value",
    ),
)
M0_STEPS = (
    Step("M0+ step 6", "main() starts as the board's hello_world.c does", port_steps.adapt_initialisation),
    Step("M0+ step 7", "the headers are those of the board's hello_world.c", port_steps.adapt_includes),
)
WEIGHTS_STEPS = (
    Step(
        "section 6",
        "`const` decides where the constant weights lie",
        port_steps.place_weights,
        "the bundle takes a pointer without const, so a cast goes with it",
    ),
)
INPUT_STEPS = (
    Step(
        "least RAM",
        "the image stays in flash, and the bundle gets its address in place of a copy",
        input_step.place_input,
    ),
)
ALL_STEPS = M7_STEPS + M0_STEPS + WEIGHTS_STEPS


def steps_for(text: str, target: Target) -> tuple[Step, ...]:
    """Return the steps that a main.c needs for a target: the note's, and one of ours if the input is, or was, read in place."""
    port = M0_STEPS if target.hello_world else ()
    place = INPUT_STEPS if target.header.input.in_place or input_step.reads_in_place(text) else ()
    return M7_STEPS + port + WEIGHTS_STEPS + place


def patch(text: str, target: Target, steps: Sequence[Step] = M7_STEPS, where: str = "main.c") -> Patched:
    """Apply steps to the text of a main.c without writing a file; applying them again changes nothing.

    Raises BadInput naming the first step that could not be applied, and what it looked for.
    """
    outcomes = []
    for step in steps:
        try:
            changed = step.change(text, target)
        except m7_steps.Lost as lost:
            remedy = "start from the main.c of NXP's Glow examples, or make this step by hand"
            owner = "" if step in INPUT_STEPS else "the note's "
            raise BadInput(f"{owner}{step.label} finds no {lost}", where=where, remedy=remedy) from None
        outcomes.append(Outcome(step, _diff(text, changed, Path(where).name)))
        text = changed
    return Patched(text, tuple(outcomes))


def patch_file(path, target: Target, steps: Sequence[Step] = M7_STEPS, dry_run: bool = False) -> Patched:
    """Patch a main.c in place, all steps or none; with `dry_run`, only report the changes."""
    before = source.read(path)
    patched = patch(before, target, steps, artifacts.shown(path))
    if patched.text != before and not dry_run:
        source.write(path, patched.text)
    return patched


def _diff(before: str, after: str, name: str) -> str:
    """Return a unified diff with one line of context, line ends shown as LF."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, n=1, lineterm="")
    return "".join(line + "\n" for line in list(lines)[2:])
