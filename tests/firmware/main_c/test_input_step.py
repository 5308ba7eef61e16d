"""The image read where it lies: main.c hands over an address in place of a copy, and back."""

import dataclasses

import pytest

from helpers.common.errors import BadInput
from helpers.firmware import main_c


@pytest.fixture
def in_place(target):
    """The same target with a bundle that reads its input in place."""
    header = target.header
    image = dataclasses.replace(header.input, in_place=True)
    placeholders = {**header.placeholders, image.name: image}
    return dataclasses.replace(target, header=dataclasses.replace(header, placeholders=placeholders))


def patched(text, target):
    return main_c.patch(text, target, main_c.steps_for(text, target))


def test_the_address_goes_where_the_copy_went(example, in_place):
    text = patched(example, in_place).text
    assert "const uint8_t imageData[LENET_MNIST_INPUT_SIZE] = {" in text
    assert "*(const uint8_t **)inputAddr = imageData;" in text
    assert "memcpy" not in text


def test_a_second_time_changes_nothing(example, in_place):
    once = patched(example, in_place)
    assert once.outcomes[-1].diff and once.outcomes[-1].step.label == "least RAM"
    twice = patched(once.text, in_place)
    assert twice.text == once.text and not any(outcome.diff for outcome in twice.outcomes)


def test_another_bundle_gets_its_copy_back(example, in_place, target):
    assert patched(patched(example, in_place).text, target).text == patched(example, target).text


def test_a_bundle_that_takes_a_copy_has_the_notes_steps_alone(example, target):
    assert main_c.steps_for(example, target) == main_c.ALL_STEPS


@pytest.mark.parametrize("change", [("memcpy(", "memcpy ( "), ("\n", "\r\n"), ("sizeof(imageData)", "28*28")])
def test_other_ways_of_writing_the_copy(example, in_place, change):
    text = patched(example.replace(*change), in_place).text
    assert "*(const uint8_t **)inputAddr = imageData" in text and "memcpy" not in text


def test_a_main_c_that_copies_otherwise_is_refused(example, in_place):
    text = example.replace("memcpy(inputAddr, imageData, sizeof(imageData));", "load(inputAddr);")
    with pytest.raises(BadInput, match=r"main.c: least RAM finds no memcpy\(inputAddr, imageData"):
        main_c.patch(text, in_place, main_c.INPUT_STEPS)
