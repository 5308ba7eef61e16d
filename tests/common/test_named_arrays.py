"""Arrays by name, or alone where there is one."""

import numpy as np
import pytest

from helpers.common import named_arrays
from helpers.common.errors import BadParameter

ONE, TWO = np.arange(3), np.arange(4)


def test_a_lone_array_is_that_of_the_one_name():
    assert named_arrays.by_name(ONE, ["x"]) == {"x": ONE}
    assert named_arrays.alone({"x": ONE}) is ONE


def test_the_names_give_the_order():
    assert list(named_arrays.by_name({"b": ONE, "a": TWO}, ["a", "b"])) == ["a", "b"]
    assert named_arrays.alone({"b": ONE, "a": TWO}) == {"b": ONE, "a": TWO}


@pytest.mark.parametrize(
    ("arrays", "line"),
    [
        (ONE, "net: one array was given for 2 names. Give an array for each of a, b."),
        ({"a": ONE}, "net: b is missing. Give an array for each of a, b."),
        ({"a": ONE, "b": ONE, "d": ONE, "c": ONE}, "net: c, d is of no use. Give an array for each of a, b."),
    ],
)
def test_arrays_that_do_not_fit_the_names(arrays, line):
    with pytest.raises(BadParameter) as refusal:
        named_arrays.by_name(arrays, ["a", "b"], "net")
    assert str(refusal.value) == line


def test_each_changes_one_or_all():
    assert named_arrays.each(ONE, len) == 3
    assert named_arrays.each({"a": ONE, "b": TWO}, len) == {"a": 3, "b": 4}


def test_inferences_are_joined_along_the_first_axis():
    joined = named_arrays.joined([{"a": ONE[:1], "b": TWO[:2]}, {"a": ONE[1:], "b": TWO[2:]}])
    assert joined["a"].tolist() == [0, 1, 2] and joined["b"].tolist() == [0, 1, 2, 3]
