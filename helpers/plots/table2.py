"""Show Table 2 in a notebook: as HTML if possible, else as plain text."""

import html

from helpers.evaluation import results
from helpers.evaluation.results import Row

_WORDS = ("board", "weights", "form")  # columns of words; the others are numbers and end at the right
_CELL = "padding: 2px 8px; white-space: nowrap; text-align:"
_RULE = "border-left: 1px solid #999;"  # in front of each quantity; the grey shows in light and in dark themes
_NOTE = "opacity: 0.65;"  # the note's figures stand back, in whatever colour the page writes


class Table2:
    """The rows of Table 2, shown as two tables: bytes, then cycles and time."""

    def __init__(self, rows: list[Row]):
        self.rows = rows

    def __repr__(self) -> str:
        return results.as_text(self.rows)

    def _repr_html_(self) -> str:
        return _table("Bytes", self.rows, results.BYTES) + _table("Cycles and time", self.rows, results.TIME)


def _table(title: str, rows: list[Row], columns: dict[str, str]) -> str:
    head = "".join(_cell("th", key, name) for key, name in columns.items())
    body = "".join(f"<tr>{_row(row, columns)}</tr>" for row in rows)
    caption = f'<caption style="text-align: left; font-weight: bold">{title}</caption>'
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>\n"


def _row(row: Row, columns: dict[str, str]) -> str:
    if not row.does_not_fit:
        return "".join(_cell("td", key, results.shown(getattr(row, key))) for key in columns)
    known = [key for key in columns if key in ("board", "weights")]
    cells = "".join(_cell("td", key, getattr(row, key)) for key in known)
    rest = f'colspan="{len(columns) - len(known)}" style="{_CELL} left"'
    return f"{cells}<td {rest}><em>{html.escape(row.does_not_fit)}</em></td>"


def _cell(tag: str, key: str, text: str) -> str:
    style = f"{_CELL} {'left' if key in _WORDS else 'right'};"
    style += _RULE if key in ("flash_bytes", "ram_bytes", "cycles_zero_wait", "time_ms") else ""
    style += _NOTE if key.startswith("note_") else ""
    return f'<{tag} style="{style}">{html.escape(text)}</{tag}>'
