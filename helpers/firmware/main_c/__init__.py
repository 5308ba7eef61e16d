"""Apply the note's changes to main.c: named steps, each reported with its diff, none applied twice."""

from helpers.firmware.main_c.patching import (
    ALL_STEPS,
    INPUT_STEPS,
    M0_STEPS,
    M7_STEPS,
    WEIGHTS_STEPS,
    Outcome,
    Patched,
    Step,
    Target,
    patch,
    patch_file,
    steps_for,
)
from helpers.firmware.main_c.source import read, write

__all__ = [
    "ALL_STEPS",
    "INPUT_STEPS",
    "M0_STEPS",
    "M7_STEPS",
    "WEIGHTS_STEPS",
    "Outcome",
    "Patched",
    "Step",
    "Target",
    "patch",
    "patch_file",
    "read",
    "steps_for",
    "write",
]
