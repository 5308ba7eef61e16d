"""Images for a network: which axis the channels are."""

import os

import numpy as np
import pytest
from PIL import Image

from helpers.common.errors import BadInput
from helpers.compiler.commands import image_inputs
from helpers.compiler.ir.graph import TensorType


@pytest.mark.parametrize(
    ("layout", "shape", "remedy"), [("NCHW", (1, 4, 5, 3), "-image-layout=NHWC"),
                                    ("NHWC", (1, 3, 4, 5), "-image-layout=NCHW")]
)  # fmt: skip
def test_another_layout_is_named_with_its_axis(layout, shape, remedy, tmp_path):
    Image.fromarray(np.zeros((4, 5, 3), np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(BadInput) as caught:
        image_inputs.load_images([tmp_path / "a.png"], TensorType(shape), image_inputs.Preprocessing(layout=layout))
    assert remedy in str(caught.value) and "with the channels along axis" in str(caught.value)
    other = {"NCHW": "NHWC", "NHWC": "NCHW"}[layout]
    found = image_inputs.load_images([tmp_path / "a.png"], TensorType(shape), image_inputs.Preprocessing(layout=other))
    assert found.shape == shape


def test_a_list_of_images_may_hold_names_of_any_bytes(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"a\xff\xfe.png\n")
    (path,) = image_inputs.image_paths([], [], str(tmp_path / "list.txt"))
    assert os.fsencode(path) == b"a\xff\xfe.png"
