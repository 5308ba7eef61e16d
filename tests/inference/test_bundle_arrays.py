"""What goes into a bundle and comes out: element types, shapes, counts."""

import numpy as np
import pytest

from helpers.common.errors import BadInput, BadParameter
from helpers.inference import bundle_arrays
from helpers.inference.bundle_header import BundleHeader, Placeholder


def header(inputs: dict, outputs: dict) -> BundleHeader:
    """A header with int8 placeholders of these shapes."""
    made = {name: Placeholder(name, f"NET_{name}", "i8", shape, 0.5, 0, int(np.prod(shape)), 0)
            for name, shape in {**inputs, **outputs}.items()}  # fmt: skip
    return BundleHeader("net", 0, 0, 0, 64, made, input_names=tuple(inputs))


def test_inferences_of_inputs_with_and_without_a_batch():
    made = header({"image": (1, 2, 2), "gain": (3,), "mode": ()}, {"y": (1, 2)})
    given = {"mode": np.arange(4), "gain": np.arange(12), "image": np.zeros((4, 4))}
    fed = bundle_arrays.fed(made, given)
    assert {name: array.shape for name, array in fed.items()} == {"image": (4, 1, 2, 2), "gain": (4, 3), "mode": (4,)}
    assert {array.dtype.name for array in fed.values()} == {"int8"}


def test_one_inference_of_any_shape():
    assert bundle_arrays.fed(header({"x": (1, 2, 3)}, {"y": (1,)}), np.arange(6), 1)["x"].shape == (1, 1, 2, 3)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"a": np.zeros((2, 3)), "b": np.zeros((2, 4))}, r"net: input 'b' takes \[1, 2\], and got \[2, 4\]"),
        ({"a": np.zeros((2, 3)), "b": np.zeros((1, 2))}, "net: the inputs do not have equal counts: 2 for a, 1 for b"),
    ],
)
def test_arrays_that_are_not_the_inputs(given, line):
    with pytest.raises(BadParameter, match=line):
        bundle_arrays.fed(header({"a": (1, 3), "b": (1, 2)}, {"y": (1,)}), given)


def test_outputs_by_name_or_the_one_alone():
    raw = [np.arange(6, dtype=np.uint8).reshape(2, 3), np.full((2, 2), 255, np.uint8)]
    taken = bundle_arrays.taken(header({"x": (1,)}, {"y": (1, 3), "z": (1, 2)}), raw)
    assert taken["y"].tolist() == [[0, 1, 2], [3, 4, 5]] and taken["z"].tolist() == [[-1, -1], [-1, -1]]
    assert bundle_arrays.taken(header({"x": (1,)}, {"y": (1, 3)}), raw[:1]).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_header_that_does_not_tell_inputs_from_outputs():
    made = header({}, {"a": (1,), "b": (1,), "c": (1,)})
    with pytest.raises(BadInput, match="does not say which of a, b, c are inputs"):
        bundle_arrays.fed(made, np.zeros(1))
    assert list(header({}, {"a": (1,), "b": (1,)}).inputs) == ["a"]
