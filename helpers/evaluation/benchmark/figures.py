"""Measure what every form of the note's network costs on the emulator, and report regressions."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.compiler import driver, targets
from helpers.compiler.ir.graph import Graph
from helpers.compiler.targets import FORMS
from helpers.evaluation import speed

GROWTH = 1.03  # growth by more than 3 % is a regression
HELD = ("cycles", "flash_bytes", "ram_bytes")


@dataclass(frozen=True)
class Setting:
    """A core; mul_cycles: cycles of a multiplication, if the chip's maker can choose it."""

    name: str
    cpu: str
    mul_cycles: int = 1

    @property
    def forms(self) -> tuple[str, ...]:
        """Return all registered forms; for a slow multiplier, those that take it into account, and plain C."""
        every = targets.of(self.cpu)
        return every if self.mul_cycles == 1 else (targets.PLAIN, *targets.BY_MUL_CYCLES)


SETTINGS = (
    Setting("Cortex-M0+", "cortex-m0plus"),
    Setting("Cortex-M0+ with a 32-cycle multiplier", "cortex-m0plus", 32),
    Setting("Cortex-M7 (estimated)", "cortex-m7"),
)


def measure(graph: Graph, image: np.ndarray, folder: Path) -> dict[str, dict[str, dict]]:
    """Measure every form in every setting: setting to form to figures. ram_bytes: placeholders, activations and stack."""
    return {
        setting.name: {form: _one(graph, image, folder / "bundle", setting, form) for form in setting.forms}
        for setting in SETTINGS
    }


def _one(graph: Graph, image: np.ndarray, folder: Path, setting: Setting, form: str) -> dict:
    heeded = setting.mul_cycles if form in targets.BY_MUL_CYCLES else 1
    driver.emit_bundle(graph, folder, "mnist_nxp", driver.Target(setting.cpu, form=form, mul_cycles=heeded))
    found = speed.measure(form, folder, image, setting.cpu, setting.mul_cycles)
    row = {
        "cycles": found.cycles, "flash_bytes": found.flash_bytes, "ram_bytes": found.ram_bytes + found.stack_bytes,
        "stack_bytes": found.stack_bytes, "layers": found.layers,
    }  # fmt: skip
    if setting.cpu in targets.THUMB_CPUS:  # an M7 has caches
        row["cycles_one_wait_state"] = found.cycles_one_wait
    if setting is SETTINGS[0]:  # the others' figures are for this core
        row["times_faster_than"] = {who: round(n / found.cycles, 2) for who, n in speed.OTHERS.items()}
    return row


def over_digits(graph: Graph, digits: np.ndarray, folder: Path) -> dict[str, dict]:
    """Count cycles over int8 digits [n, ...] on a Cortex-M0+ for each form whose time depends on the image."""
    found = {}
    for form in (name for name, form in FORMS.items() if form.skips):
        driver.emit_bundle(graph, folder / "bundle", "mnist_nxp", driver.Target(SETTINGS[0].cpu, form=form))
        each = speed.average(form, folder / "bundle", digits)
        found[form] = {
            "digits": len(digits), "mean_cycles": each.cycles, "fewest_cycles": each.fewest, "most_cycles": each.most,
            "mean_cycles_one_wait_state": each.cycles_one_wait, "layers": each.layers,
        }  # fmt: skip
    return found


def worse(found: dict, held: dict) -> list[str]:
    """Return a line for each figure that grew by more than 3 %, and for each that has no stored value."""
    lines = []
    for setting, rows in found.items():
        for form, row in rows.items():
            before = held.get(setting, {}).get(form)
            if before is None:
                lines.append(f"{setting}, {form}: no figures are held")
                continue
            grown = [key for key in HELD if row[key] > GROWTH * before[key]]
            lines += [f"{setting}, {form}: {key} {row[key]:,}, was {before[key]:,}" for key in grown]
    return lines


def kept(found: dict) -> dict:
    """Return the stored figures to compare with."""
    return {
        setting: {form: {key: row[key] for key in HELD} for form, row in rows.items()}
        for setting, rows in found.items()
    }
