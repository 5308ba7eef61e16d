"""The model's inner loops against llvm-mca, where it is installed."""

import pytest

from . import llvm_mca


def test_the_inner_loops_take_what_llvm_mca_says():
    mca = llvm_mca.tool()
    if mca is None:
        pytest.skip("llvm-mca is not installed (Debian: apt install llvm)")
    rows = llvm_mca.loops(mca)
    assert len(rows) >= 12
    assert all(abs(row.difference) < 0.14 for row in rows), rows
    assert sum(row.model for row in rows) == pytest.approx(sum(row.llvm for row in rows), rel=0.05)
