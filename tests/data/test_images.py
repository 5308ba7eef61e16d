"""Test images as files and arrays."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter, MissingInput
from helpers.data import images

SHIPPED = artifacts.DATA / "current_test_image.png"


def random_pixels(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("shape", [(28, 28, 1), (5, 7, 3)])
def test_what_is_written_is_read(tmp_path, shape):
    pixels = random_pixels(*shape)
    images.write_png(tmp_path / "x.png", pixels)
    assert (images.read_png(tmp_path / "x.png") == pixels).all()


def test_the_same_pixels_give_the_same_bytes(tmp_path):
    pixels = images.read_png(SHIPPED)
    assert images.write_png(tmp_path / "x.png", pixels).read_bytes() == SHIPPED.read_bytes()


def test_another_size_is_named(tmp_path):
    images.write_png(tmp_path / "x.png", random_pixels(280, 281))
    with pytest.raises(BadInput, match=r"280 x 281 pixels, not 28 x 28\. Scale it to 28 x 28"):
        images.read_png(tmp_path / "x.png", (28, 28))


@pytest.mark.parametrize("mode", ["RGBA", "P", "I;16", "LA", "1"])
def test_other_kinds_of_pixels_are_refused(tmp_path, mode):
    Image.new(mode, (28, 28)).save(tmp_path / "x.png")
    with pytest.raises(BadInput, match="pixels of type"):
        images.read_png(tmp_path / "x.png")


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path):
    whole = bytearray(SHIPPED.read_bytes())
    whole[16:24] = struct.pack(">II", 8_000, 8_000)  # width and height in the header, and its check sum
    whole[29:33] = struct.pack(">I", zlib.crc32(whole[12:29]))
    (tmp_path / "x.png").write_bytes(whole)
    with pytest.raises(BadInput, match="more than 1,048,576 pixels"):
        images.read_png(tmp_path / "x.png")


@pytest.mark.parametrize("kind", ["JPEG", "BMP"])
def test_another_format_under_the_name_png(tmp_path, kind):
    Image.new("L", (28, 28)).save(tmp_path / "x.png", format=kind)
    with pytest.raises(BadInput, match="is not a whole PNG"):
        images.read_png(tmp_path / "x.png")


def test_every_truncation_is_one_clean_error(tmp_path):
    whole = SHIPPED.read_bytes()
    for length in range(len(whole) - 20):  # behind that are check sums and the end mark, and the pixels are complete
        (tmp_path / "x.png").write_bytes(whole[:length])
        with pytest.raises(BadInput):
            images.read_png(tmp_path / "x.png")


def test_a_missing_image(tmp_path):
    with pytest.raises(MissingInput, match="does not exist"):
        images.read_png(tmp_path / "x.png")


@pytest.mark.parametrize(
    ("mode", "low", "high"), [("0to255", 0, 255), ("0to1", 0, 1), ("neg1to1", -1, 1), ("neg128to127", -128, 127)]
)
def test_ranges(mode, low, high):
    pixels = np.array([[[0], [255]]], np.uint8)
    assert images.preprocess(pixels, mode).ravel() == pytest.approx([low, high], abs=1e-6)


def test_0to1_is_a_product_with_the_rounded_255th():
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    expected = pixels.astype(np.float32) * np.float32(1 / 255)
    assert (images.preprocess(pixels, "0to1", "NHWC")[0] == expected).all()


def test_layouts_and_orders():
    pixels = random_pixels(4, 5, 3)
    nhwc = images.preprocess(pixels, "0to255", "NHWC", "RGB", np.uint8)
    assert nhwc.shape == (1, 4, 5, 3) and (nhwc[0] == pixels).all()
    nchw = images.preprocess(pixels, "0to255", "NCHW", "BGR", np.uint8)
    assert nchw.shape == (1, 3, 4, 5) and (nchw[0, 0] == pixels[:, :, 2]).all()


def test_grey_has_no_order():
    pixels = random_pixels(4, 5, 1)
    assert (images.preprocess(pixels, channel_order="RGB") == images.preprocess(pixels, channel_order="BGR")).all()


@pytest.mark.parametrize("words", [{"mode": "0to2"}, {"layout": "CHWN"}, {"channel_order": "GBR"}])
def test_unknown_words_are_refused(words):
    with pytest.raises(BadParameter, match="is none of"):
        images.preprocess(random_pixels(2, 2, 1), **words)


@pytest.mark.parametrize(("mode", "dtype"), [("0to1", np.int8), ("0to255", np.int8), ("neg128to127", np.uint8)])
def test_a_type_that_cannot_hold_the_range(mode, dtype):
    with pytest.raises(BadParameter, match=f"cannot hold the range {mode}"):
        images.preprocess(random_pixels(2, 2, 1), mode, dtype=dtype)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.float32])
def test_lists_for_c_are_read_back(tmp_path, dtype):
    values = random_pixels(784).view(np.int8).astype(dtype)
    if dtype is np.float32:
        values = values / np.float32(255) * np.float32(1e-3)
    (tmp_path / "x.inc").write_text(images.to_inc(values))
    found = images.read_inc(tmp_path / "x.inc", dtype)
    assert found.dtype == dtype and (found == values).all()


def test_a_list_has_a_line_for_each_row():
    text = images.to_inc(np.arange(-6, 6, dtype=np.int8), columns=4)
    assert text == "-6, -5, -4, -3,\n-2, -1,  0,  1,\n 2,  3,  4,  5\n"


@pytest.mark.parametrize("text", ["1, 2, x", "1,, 2", "1, 128", "-129", "0x10", "1.5", "1; system()", ""])
def test_lists_with_anything_else_are_refused(tmp_path, text):
    (tmp_path / "x.inc").write_text(text + ",1")
    with pytest.raises(BadInput, match="which is no int8"):
        images.read_inc(tmp_path / "x.inc")


def test_a_missing_list_names_the_notebook(tmp_path):
    with pytest.raises(MissingInput, match="07_image_to_array"):
        images.read_inc(tmp_path / "x.inc")
