"""A reader's function is tried: not written, wrong, raising, and right each have their line."""

import pytest

from helpers.common.errors import BadParameter
from helpers.widgets import exercise
from helpers.widgets.exercise import RIGHT, WRONG, check


def named(name, body):
    body.__name__ = name
    return body


@pytest.mark.parametrize("name", exercise.EXERCISES)
def test_a_stub_is_not_written_yet(name):
    verdict = check(named(name, lambda *_: None))
    assert verdict.right is None and "not written yet" in repr(verdict)


@pytest.mark.parametrize(("name", "function", "words"), [
    ("to_int8", lambda pixel: pixel - 127, "to_int8(0) should be -128; it is -127"),
    ("to_int8", lambda pixel: 1 // pixel, "it stops with ZeroDivisionError"),
    ("largest", lambda values: max(range(len(values)), key=lambda i: max(values[i], 0)), "should be 1; it is 0"),
    ("scale_and_offset", lambda low, high: (high - low) / 255, "should be 0.00392157, -128"),
    ("two_products", lambda left, right, weight: (left * weight, weight * right), "multiplies 2 times, and may once"),
    ("to_mark", lambda real, scale, offset: round(real / scale) + offset, "should be 127; it is 862"),
])  # fmt: skip
def test_a_wrong_one_shows_the_first_case_that_fails(name, function, words):
    verdict = check(named(name, function))
    assert verdict.right is False and words in repr(verdict) and WRONG in verdict._repr_html_()


def packed(left, right, weight):
    product = (left + (right << 16)) * weight
    return product & 0xFFFF, product >> 16


def test_one_multiplication_is_enough_for_two_products():
    verdict = check(named("two_products", packed))
    assert verdict.right and RIGHT in verdict._repr_html_()


def test_what_a_function_returns_is_shown_as_text():
    assert "&lt;b&gt;" in check(named("to_int8", lambda pixel: "<b>"))._repr_html_()


def test_another_name_is_no_exercise():
    with pytest.raises(BadParameter, match="no exercise 'mine'"):
        check(named("mine", packed))
