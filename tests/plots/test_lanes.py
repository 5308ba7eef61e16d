"""Notebook 20's registers: the bits that are drawn are those of the product, and the groups those of the compiler."""

import matplotlib
import pytest

from helpers.common import artifacts
from helpers.compiler import driver
from helpers.compiler.profiling import profile
from helpers.data import images
from helpers.plots import lanes, style

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    style.plt.close("all")


def words(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def registers(figure) -> list[int]:
    """The numbers whose 32 bits are drawn, from top to bottom."""
    bits = "".join(word for word in words(figure) if word in ("0", "1"))
    return [int(bits[start : start + 32][::-1], 2) for start in range(0, len(bits), 32)]


def test_a_product_of_two_pixels_is_drawn_bit_by_bit():
    figure = lanes.product(200, 17, 90)
    assert registers(figure) == [200 + (17 << 16), 90, (200 + (17 << 16)) * 90]
    assert {"18,000", "1,530", "no carry may cross here"} <= set(words(figure))


def test_the_sum_that_crosses_is_called_spoilt():
    figure = lanes.sums([255, 255, 255], [90, 120, 80])
    assert registers(figure) == [22_950, 53_550, 73_950]
    assert words(figure).count("fits") == 2 and words(figure).count("spoilt") == 1


def test_the_groups_are_those_that_the_code_tells_of():
    model = artifacts.DATA / "MNIST_NXP.onnx"
    pixels = images.preprocess(images.read_png(artifacts.DATA / "current_test_image.png"), "0to1", "NHWC")
    measured = profile.measure(driver.float_graph(model, {"N": 1}), pixels)
    counts = [word for word in words(lanes.groups(model, measured)) if word.endswith(("group", "groups"))]
    assert counts == ["2 groups", "3 groups", "3 groups", "2 groups"]
