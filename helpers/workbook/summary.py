"""What a run came to, as one JSON-able dictionary: Table 2, accuracy, and what it was measured with."""

import importlib.metadata
import json
import platform
import re

from helpers import artifacts, glow, mnist, toolchain
from helpers.errors import BadInput

ROW_KEYS = (
    "board", "core", "clock_hz", "weights", "flash_bytes", "ram_bytes", "stack_bytes", "cycles_zero_wait", "time_ms",
    "top1", "agrees_with_keras", "note_flash_bytes", "note_ram_bytes", "note_time_ms",
)  # fmt: skip
ACCURACY_KEYS = ("float", "int8", "images")
HEADS = ("board", "weights", "flash B", "(note)", "RAM B", "(note)", "ms", "(note)", "stack B", "cycles", "top 1",
         "as Keras")  # fmt: skip


def collect() -> dict:
    """The content of build/report/results.json; what no notebook has written yet is empty or None.

    table2: rows with ROW_KEYS (bytes, Hz, cycles, ms). accuracy: float and int8 as fractions of `images` test images.
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
    """Python, the system, and every package that pyproject.toml pins for the road."""
    required = importlib.metadata.requires("glow-mcu-workbook") or []
    names = [re.split(r"[=; ]", line)[0] for line in required if "extra ==" not in line]
    found = {name: importlib.metadata.version(name) for name in names}
    return {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}", **found}


def terminal_table(rows: list[dict]) -> str:
    """Table 2 in plain text, the note's figures in brackets."""
    lines = [HEADS, *map(_line, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ["  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)) for line in lines]
    return "\n".join(["Table 2, emulated; the note's figures in brackets", *padded])


def data_source() -> str:
    """Which MNIST the notebooks load on this machine."""
    return mnist.load().source


def _artefact(name: str, otherwise):
    """A JSON artefact, or `otherwise` if its notebook has not run."""
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
    if missing := [key for key in ROW_KEYS if key not in row]:
        raise BadInput(f"a row lacks {', '.join(missing)}", where="table2.json", remedy="run 10_results again")
    return row


def _line(row: dict) -> tuple[str, ...]:
    """One row as texts, in the order of HEADS."""
    measured = [text for key in ("flash_bytes", "ram_bytes", "time_ms")
                for text in (_shown(row[key]), f"({_shown(row['note_' + key])})")]
    verdict = "yes" if row["agrees_with_keras"] else "NO"
    rest = (_shown(row["stack_bytes"]), _shown(row["cycles_zero_wait"]), _shown(row["top1"]), verdict)
    return row["board"], row["weights"], *measured, *rest


def _shown(value) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
