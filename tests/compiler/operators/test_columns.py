"""Numbers of each output in C: one number where all agree, else the narrowest array that holds them."""

import pytest

from helpers.compiler.numerics.requantisation import FixedPoint, Requantisation
from helpers.compiler.operators.base.columns import Columns


@pytest.mark.parametrize(("numbers", "element"), [
    ([1, -128], "int8_t"), ([127, 128], "int16_t"), ([-(2**15), 0], "int16_t"), ([0, 2**31 - 1], "int32_t"),
])  # fmt: skip
def test_the_narrowest_type(numbers, element):
    columns = Columns("layer")
    assert columns.add("key", numbers) == "layer_key[o]"
    assert columns.head == f"static const {element} layer_key[] = {{\n  {numbers[0]}, {numbers[1]},\n}};\n"


def test_one_number_where_all_agree():
    columns = Columns("layer")
    assert (columns.add("key", [7, 7]), columns.add("other", [-7]), columns.head) == ("7", "(-7)", "")


def test_a_fixed_point_rule_takes_five_bytes_an_output():
    columns = Columns("layer")
    rules = [FixedPoint(0, 2**30 + index, 5 + index) for index in range(3)]
    code = columns.requantised("sum", rules, "x")
    assert code == "doubled((const int32_t[]){0, layer_sum_multiplier[o], 0, layer_sum_shift[o]}, x)"
    assert (
        columns.head.count("int32_t layer")
        == columns.head.count("int8_t layer")
        == columns.head.count("static") - 1
        == 1
    )


def test_rules_that_change_nothing_need_no_code():
    assert Columns("layer").requantised("bias", [Requantisation(0, 0, 1)] * 3, "bias[o]") == "bias[o]"
