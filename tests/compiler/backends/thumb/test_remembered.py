"""What is remembered belongs to the content of the arguments, and nobody can change it from outside."""

import numpy as np
import pytest

from helpers.compiler.backends.thumb.arithmetic.remembered import remembered


def test_equal_content_is_computed_once_and_other_content_anew():
    asked = []

    @remembered
    def total(numbers, more):
        asked.append(numbers.dtype)
        return int(numbers.sum()) + sum(more)

    numbers = np.arange(6)
    assert [total(numbers, [1]), total(numbers.copy(), (1,)), total(numbers[::-1][::-1], [1])] == [16, 16, 16]
    assert len(asked) == 1
    numbers[0] = 10  # the same array, another content
    assert total(numbers, [1]) == 26
    total(numbers.reshape(2, 3), [1]), total(numbers.astype(np.int32), [1]), total(numbers, [2])
    assert len(asked) == 5


def test_the_function_cannot_change_what_it_was_given():
    @remembered
    def cleared(numbers):
        numbers[0] = 0

    with pytest.raises(ValueError, match="read-only"):
        cleared(np.arange(3))
