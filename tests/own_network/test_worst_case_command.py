"""python -m helpers worst-case: a row for each form, and one line for what has no worst case."""

import pytest

from helpers.own_network import worst_case_cli


def test_each_form_has_a_row(small, capsys):
    assert worst_case_cli.main([str(small), "--board", "lpc845"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "LPC845-BRK" and lines[1].split()[:4] == ["form", "least", "most", "bound"]
    rows = {}
    for line in lines[2 : lines.index("")]:
        form, *numbers = line.split()[:5]
        rows[form] = [int(number.replace(",", "")) for number in numbers]
    assert {"plain", "fast"} <= set(rows)
    for least, most, bound, with_waits in rows.values():
        assert 0 < least <= most <= bound < with_waits


@pytest.mark.parametrize(("words", "said"), [
    (["--board", "moon"], "there is no board 'moon'"),
    (["--board", "rt1060"], "RT1060-EVK has no exact worst case: our cycles of the cortex-m7 are an estimate"),
    (["--images", "absent.npz"], "absent.npz"),
])  # fmt: skip
def test_mistakes_are_one_line(small, words, said, capsys):
    assert worst_case_cli.main([str(small), *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and said in error and error.count("\n") == 1
