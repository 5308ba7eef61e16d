"""Random networks in every form of every core, against the integer reference; `make random-networks` tries hundreds."""

import every_form
import pytest

from helpers.compiler import driver, targets
from helpers.inference.emulated_bundle import EmulatedBundle

FEW = 4  # networks a form, other ones for each: with a factor a channel or not, with several inputs and outputs or not


def test_no_form_is_left_out():
    tried = {(case.cpu, case.form) for case in every_form.CASES}
    assert tried == {(cpu, form) for cpu in ("cortex-m0plus", "cortex-m7") for form in targets.of(cpu)}


def test_a_branch_over_a_row_of_many_groups_reaches(tmp_path):
    """Seed 1097: each tap of its kernel rows is a group, and the branch over them was out of reach."""
    graph, _, inputs, expected = every_form.network(1097)
    driver.emit_bundle(graph, tmp_path / "net", "net", driver.Target("cortex-m0plus", form="small-flash"))
    assert (EmulatedBundle(tmp_path / "net").run(inputs) == expected).all()


def test_a_branch_over_a_long_kernel_row_reaches():
    """Seed 5192: with products of shifts and additions, the second way into a pass came to lie out of reach."""
    for form in ("fast", "skip-blank"):  # together: the passes are planned once
        assert every_form.disagreement(5192, every_form.Case("cortex-m0plus", form, 32)) is None


def test_a_row_of_a_result_that_lies_in_words_ends_where_it_should():
    """Seed 1130: a loop took the end of a row from the low bits of an address that is no multiple of the row."""
    assert every_form.disagreement(1130, every_form.Case("cortex-m0plus", "small-flash", 32)) is None


@pytest.mark.parametrize("index", range(len(every_form.CASES)), ids=lambda index: str(every_form.CASES[index]))
def test_a_few_networks_agree_with_the_integer_reference(index):
    for seed in range(FEW * index, FEW * (index + 1)):
        assert every_form.disagreement(seed, every_form.CASES[index]) is None


def test_a_wrong_answer_is_found(monkeypatch):
    graph, what, inputs, expected = every_form.network(1)
    monkeypatch.setattr(every_form, "network", lambda *_: (graph, what, inputs, expected ^ 1))
    case = every_form.CASES[0]
    assert (
        every_form.disagreement(1, case) == f"seed 1, {case}: {expected.size} of {expected.size} outputs differ: {what}"
    )
