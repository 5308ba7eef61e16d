"""A photo becomes a digit as MNIST's: any mode, size and orientation, dark or bright; what is no photo is one line."""

import io
import os

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from helpers.common import artifacts
from helpers.common.errors import BadInput, MissingInput
from helpers.data import photo, strokes
from tests.data import photographs

THREE = strokes.examples()[3]


def answers(pixels) -> np.ndarray:
    """The float network's classes for uint8 images (n, 28, 28)."""
    session = onnxruntime.InferenceSession(artifacts.DATA / "MNIST_NXP.onnx", providers=["CPUExecutionProvider"])
    scaled = np.stack(pixels)[..., None].astype(np.float32) * np.float32(1 / 255)
    return session.run(None, {session.get_inputs()[0].name: scaled})[0].argmax(1)


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def transparent() -> Image.Image:
    bright = photographs.paper(THREE, 28, 2, 255, 0)
    picture = Image.new("RGBA", (28, 28), (0, 0, 0, 0))
    picture.putalpha(bright)
    return picture


def bright(side: int = 28) -> Image.Image:
    return photographs.paper(THREE, 280, 22, 255, 0).resize((side, side))


def deep() -> Image.Image:
    return Image.fromarray(np.asarray(bright(), np.uint16) * 257)


LOOK_ALIKES = {
    "phone, RGB": encoded(photographs.paper(THREE, 1200, 60).convert("RGB")),
    "phone, JPEG": encoded(photographs.paper(THREE, 1200, 60).convert("RGB"), "JPEG", quality=85),
    "ink on white": encoded(photographs.paper(THREE, 280, 22, 0, 255).convert("RGB")),
    "grey paper, 28 x 28": encoded(photographs.paper(THREE, 280, 22).resize((28, 28))),
    "as MNIST": encoded(bright()),
    "transparent": encoded(transparent()),
    "RGB, 28 x 28": encoded(bright().convert("RGB")),
    "16 bits": encoded(deep()),
    "1 bit": encoded(bright(280).convert("1")),
    "palette": encoded(bright().convert("P")),
    "CMYK": encoded(photographs.paper(THREE, 280, 22, 0, 255).convert("CMYK"), "JPEG"),
}


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_every_look_alike_is_a_three(name):
    found = photo.read(LOOK_ALIKES[name])
    assert found.prepared.pixels.shape == (28, 28) and found.prepared.pixels.dtype == np.uint8
    assert answers([found.prepared.pixels]).tolist() == [3]


def test_bright_ink_is_not_inverted_and_dark_ink_is():
    assert photo.read(LOOK_ALIKES["ink on white"]).inverted and not photo.read(LOOK_ALIKES["as MNIST"]).inverted


def test_the_camera_says_which_way_is_up():
    upright = photographs.paper(THREE, 600, 40)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise to show
    lying = encoded(upright.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)
    assert answers([photo.read(lying).prepared.pixels]).tolist() == [3]


def test_a_table_beside_the_paper_is_no_digit():
    image = np.asarray(photographs.paper(THREE, 600, 40, 40, 200)).copy()
    image[:, :40] = 30
    assert answers([photo.read(encoded(Image.fromarray(image))).prepared.pixels]).tolist() == [3]


def test_a_hundred_photographs_are_read(capsys):
    photos = photographs.hundred()
    found = answers([photo.read(encoded(image)).prepared.pixels for _, image in photos])
    right = int(sum(answer == digit for answer, (digit, _) in zip(found, photos, strict=True)))
    with capsys.disabled():
        print(f"\n{right} of {len(photos)} synthesised photographs are read rightly")
    assert right >= 90


def test_the_same_photo_gives_the_same_pixels():
    content = LOOK_ALIKES["phone, JPEG"]
    assert (photo.read(content).prepared.pixels == photo.read(content).prepared.pixels).all()


@pytest.mark.parametrize(("content", "words"), [
    (b"", "the photo: is no PNG or JPEG image. Use a photo"),
    (b"GIF89a" + bytes(20), "is no PNG or JPEG image"),
    (LOOK_ALIKES["as MNIST"][:60], "is no PNG or JPEG image"),
    (encoded(Image.new("L", (50, 50), 200)), "shows no digit"),
    (encoded(Image.new("1", (9000, 9000))), "has 9000 x 9000 pixels. Save the photo smaller"),
])  # fmt: skip
def test_what_is_no_photo_is_one_line(content, words):
    with pytest.raises(BadInput, match=words):
        photo.read(content)


def test_a_file_is_read_by_its_name(tmp_path):
    (tmp_path / "three.png").write_bytes(LOOK_ALIKES["as MNIST"])
    assert answers([photo.read(tmp_path / "three.png").prepared.pixels]).tolist() == [3]
    with pytest.raises(MissingInput, match="does not exist"):
        photo.read(tmp_path / "four.png")
    with (tmp_path / "large.png").open("wb") as file:
        os.truncate(file.fileno(), photo.LARGEST_FILE + 1)
    with pytest.raises(BadInput, match="larger than 30 MB"):
        photo.read(tmp_path / "large.png")
