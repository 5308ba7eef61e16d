"""Summarise a run in one dictionary for JSON: Table 2, accuracy, and the tools and data used."""

import dataclasses
import json
import platform

from helpers.common import artifacts, machine
from helpers.common.errors import BadInput
from helpers.compiler import glow
from helpers.data import mnist
from helpers.evaluation import results
from helpers.hardware import toolchain

ACCURACY_KEYS = ("float", "int8", "images")


def collect() -> dict:
    """Return the content of build/report/results.json; parts that no notebook has written yet are empty or None.

    table2: rows as results.Row (bytes, Hz, cycles, ms). accuracy: float and int8 as fractions of `images` test images.
    versions, toolchain: name to version. glow: `built-in`, or the folder of the real tools. data: MNIST's origin.
    """
    accuracy = _artefact("accuracy.json", {})
    return {
        "table2": [_checked(row) for row in _artefact("table2.json", [])],
        "accuracy": {key: accuracy.get(key) for key in ACCURACY_KEYS},
        "versions": versions(),
        "glow": glow.describe(),
        "toolchain": toolchain.describe(),
        "data": data_source(),
    }


def versions() -> dict[str, str]:
    """Return the versions of Python, the system, and every package that pyproject.toml pins for the road."""
    found = {each.name: each.found or "not installed" for each in machine.packages()}
    return {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}", **found}


def terminal_table(rows: list[dict]) -> str:
    """Format Table 2 as plain text, and say whether every board gives Keras's class."""
    other = [f"{row['board']} ({row['weights']})" for row in rows if row["agrees_with_keras"] is False]
    verdict = f"UNLIKE Keras: {', '.join(other)}." if other else "Every board gives the class that Keras gives."
    return f"Table 2, emulated, beside the note's figures\n{results.as_text([results.Row(**row) for row in rows])}\n{verdict}"


def data_source() -> str:
    """Say which MNIST the notebooks load on this machine."""
    return mnist.load().source


def _artefact(name: str, otherwise):
    """Read a JSON artefact; return `otherwise` if its notebook has not run."""
    path = artifacts.build(name)
    if not path.exists():
        return otherwise
    try:
        value = json.loads(path.read_text())
    except (ValueError, OSError) as error:
        raise BadInput("is not JSON", where=artifacts.shown(path), remedy="delete it and run again") from error
    if not isinstance(value, type(otherwise)):
        raise BadInput(f"is not a {type(otherwise).__name__}", where=artifacts.shown(path))
    return value


def _checked(row: dict) -> dict:
    """Return the row; raises BadInput if it lacks fields of results.Row or has others."""
    wanted = {field.name for field in dataclasses.fields(results.Row)}
    if wanted != set(row):
        difference = ", ".join(sorted(wanted ^ set(row)))
        raise BadInput(
            f"a row lacks, or should not have, {difference}", where="table2.json", remedy="run 10_results again"
        )
    return row
