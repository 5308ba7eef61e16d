"""Compare a grid's sets: a page for people, JSON for machines, a table for the terminal."""

import json
from pathlib import Path

import jinja2

from helpers.common import artifacts
from helpers.workbook.grid.plan import Outcome, Stage

TEMPLATE = Path(__file__).with_name("comparison.html.j2")
FIGURES = ("flash_bytes", "ram_bytes", "stack_bytes", "cycles_zero_wait", "time_ms", "does_not_fit")


def write(stages: list[Stage], outcomes: dict[str, Outcome], folder: Path) -> str:
    """Write folder/index.html and folder/comparison.json; return the lines for the terminal.

    Each set has its settings, its accuracy, and a row per board and placement of weights, or the reason why it failed.
    """
    sets = [_set(stage, outcomes[stage.name], folder) for stage in stages if stage.alone]
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(TEMPLATE.read_text())
    artifacts.write_json(folder / "comparison.json", sets)
    index = artifacts.write_text(folder / "index.html", template.render(sets=sets))
    return "\n".join([*map(_line, sets), f"Comparison: {artifacts.shown(index)}"])


def _set(stage: Stage, outcome: Outcome, folder: Path) -> dict:
    """Return one set's part of the comparison."""
    told = {"name": stage.name, "settings": list(stage.settings), "error": outcome.error, "accuracy": {}, "boards": []}
    report = folder / stage.name / "report"
    if outcome.error or not (report / "results.json").exists():
        return told
    results = json.loads((report / "results.json").read_text())
    boards = [{key: row[key] for key in ("board", "weights", *FIGURES)} for row in results["table2"]]
    return told | {"accuracy": results["accuracy"], "boards": boards, "report": f"{stage.name}/report/index.html"}


def _line(each: dict) -> str:
    """Format one set in a line: int8 accuracy and the first board that it fits."""
    name = ", ".join(each["settings"])
    if each["error"]:
        return f"{name}: FAILED: {each['error']}"
    accuracy = each["accuracy"].get("int8")
    words = [f"int8 accuracy {100 * accuracy:.2f} %"] if accuracy is not None else []
    for row in each["boards"]:
        place = f"{row['board']} ({row['weights']})"
        words.append(
            f"{place} {row['does_not_fit']}"
            if row["does_not_fit"]
            else f"{place} {row['flash_bytes']:,} B flash, {row['ram_bytes']:,} B RAM, {row['cycles_zero_wait']:,} cycles"
        )
    return f"{name}: {'; '.join(words) or 'done'}"
