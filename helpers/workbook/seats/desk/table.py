"""The desk's table: who is where, and who is stuck on which checkpoint, as text and as a page."""

import html
import textwrap
from dataclasses import dataclass

from helpers.workbook.seats.desk import steps
from helpers.workbook.seats.desk.progress import FAILED, PASSED, Progress

WIDTH = 100


@dataclass(frozen=True)
class Row:
    """A seat's row: where it is, how many steps of that notebook it has passed, and what it is stuck on ("" if nothing).

    message: the section of that step, and what was said last.
    """

    seat: str
    notebook: str
    checkpoints: str
    exercises: str
    stuck: str
    tries: int
    message: str


def row(seat: Progress) -> Row:
    """Return a seat's row. Stuck: the checkpoint that it tried last has failed, or else another one of this notebook."""
    failed = [name for name in _here(seat) if seat.steps[name].state == FAILED]
    stuck = seat.last if seat.last in failed else failed[-1] if failed else ""
    outcome = seat.steps.get(stuck)
    return Row(
        seat.seat, seat.notebook, _share(seat, exercises=False), _share(seat, exercises=True), stuck,
        outcome.tries if outcome else 0, f"{steps.steps()[stuck].title}: {outcome.message}" if outcome else "",
    )  # fmt: skip


def _here(seat: Progress) -> list[str]:
    """Return the steps of the seat's notebook that it has tried, in the road's order."""
    return [name for name, step in steps.steps().items() if step.notebook == seat.notebook and name in seat.steps]


def _share(seat: Progress, exercises: bool) -> str:
    every = steps.of(seat.notebook, exercises)
    passed = sum(step.name in seat.steps and seat.steps[step.name].state == PASSED for step in every)
    return f"{passed}/{len(every)}" if every else "-"


HEAD = ("seat", "notebook", "checkpoints", "exercises", "stuck on", "tries", "message")


def _cells(each: Row) -> tuple[str, ...]:
    tries = str(each.tries or "")
    return each.seat, each.notebook, each.checkpoints, each.exercises, each.stuck or "-", tries, each.message


def as_text(rows: list[Row], refused: list[str]) -> str:
    """Return the table as lines of at most 100 characters; a message has a line of its own."""
    table = [HEAD[:-1], *(_cells(each)[:-1] for each in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEAD) - 1)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(table[0], widths, strict=True)).rstrip()]
    for each, cells in zip(rows, table[1:], strict=True):
        lines.append("  ".join(text.ljust(width) for text, width in zip(cells, widths, strict=True)).rstrip())
        lines += textwrap.wrap(each.message, WIDTH, initial_indent="    ", subsequent_indent="    ")
    stuck = sum(bool(each.stuck) for each in rows)
    return "\n".join([*lines, f"{len(rows)} seats, {stuck} stuck", *(f"not shown: {line}" for line in refused)])


PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="3"><title>The desk</title>
<style>body {{ font: 16px sans-serif; margin: 1.5em; color-scheme: light dark }} table {{ border-collapse: collapse }}
td, th {{ text-align: left; padding: 4px 12px; border-bottom: 1px solid #999 }} .stuck td {{ font-weight: bold }}
.stuck td:first-child {{ border-left: 6px solid #D55E00 }}</style>
<h1>The desk</h1><p>{count}</p><table><tr>{head}</tr>{body}</table>{refused}</html>
"""


def as_page(rows: list[Row], refused: list[str]) -> str:
    """Return the table as a page that loads itself anew every three seconds; whatever seats wrote is escaped."""
    head = "".join(f"<th>{name}</th>" for name in HEAD)
    body = "".join(
        f'<tr class="{"stuck" if each.stuck else ""}">'
        + "".join(f"<td>{html.escape(text)}</td>" for text in _cells(each))
        + "</tr>"
        for each in rows
    )
    below = "".join(f"<p>not shown: {html.escape(line)}</p>" for line in refused)
    count = f"{len(rows)} seats, {sum(bool(each.stuck) for each in rows)} stuck"
    return PAGE.format(count=count, head=head, body=body, refused=below)
