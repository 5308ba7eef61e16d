"""Table 2 as HTML: every figure once, those of the note marked, what does not fit said over the columns."""

import re

from helpers.evaluation.results import Row
from helpers.plots.table2 import Table2

FITS = Row(
    "ke16z", "cortex-m0plus", 48_000_000, "flash", 11_348, 3232, 312, 44_000, 1.368, 7, True, 22_204, 4012, 13.5, 65_680
)
TOO_LARGE = Row("ke02z40m", "cortex-m0plus", 40_000_000, "ram", *[None] * 10, does_not_fit="lacks 8 bytes of <RAM>")


def cells(text: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", text)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


def test_bytes_come_first_then_cycles_and_time():
    table = Table2([FITS, TOO_LARGE])
    head, fits, _, second_head, times, _ = cells(table._repr_html_())
    assert head[:6] == ["board", "weights", "form", "flash (B)", "network", "note"]
    assert fits == ["ke16z", "flash", "-", "11,348", "-", "22,204", "3,232", "-", "4,012", "312"]
    assert second_head[2:4] == ["cycles, no waits", "with waits"]
    assert times == ["ke16z", "flash", "44,000", "65,680", "648,000", "1.37", "13.50", "-"]


def test_what_does_not_fit_says_so_in_one_wide_cell():
    text = Table2([FITS, TOO_LARGE])._repr_html_()
    assert cells(text)[2] == ["ke02z40m", "ram", "<em>lacks 8 bytes of &lt;RAM&gt;</em>"]
    assert 'colspan="8"' in text and 'colspan="6"' in text


def test_without_html_it_is_text():
    assert "lacks 8 bytes of <RAM>" in repr(Table2([FITS, TOO_LARGE]))
