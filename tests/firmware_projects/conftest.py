"""The shipped network, compiled for both cores and put into every board's project, once for all tests here."""

from pathlib import Path

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.compiler import driver
from helpers.compiler.profiling import profile
from helpers.data import images
from helpers.firmware import projects as firmware
from helpers.hardware import boards

REFERENCE = Path(__file__).parents[1] / "reference"
TOO_SMALL = {("ke02z40m", "ram"), ("ke04z", "ram")}
PLACES = [
    (name, weights) for name in boards.all_boards() for weights in boards.WEIGHTS if (name, weights) not in TOO_SMALL
]


@pytest.fixture(scope="package")
def road(tmp_path_factory):
    """A build folder with what the notebooks before have written: three bundles and the image."""
    folder = tmp_path_factory.mktemp("boards")
    request = driver.Request({"N": 1}, profile.read(REFERENCE / "profile.yaml"), convert_placeholders=True)
    graph = driver.compiled_graph(REFERENCE / "MNIST_NXP.onnx", request)
    driver.emit_bundle(graph, folder / "bundle_m0", "mnist_nxp", driver.Target("cortex-m0"))
    driver.emit_bundle(graph, folder / "bundle_least_ram", "mnist_nxp", driver.Target("cortex-m0", form="least-ram"))
    driver.emit_bundle(graph, folder / "bundle_m7", "mnist_nxp", driver.Target("cortex-m7", True))
    picture = images.read_png(artifacts.DATA / "current_test_image.png")
    pixels = images.preprocess(picture, "neg128to127", "NHWC", "BGR", np.int8)
    artifacts.write_text(folder / "test_image.inc", images.to_inc(pixels))
    return folder


@pytest.fixture
def on_road(road, monkeypatch):
    """This test builds in the road's own folder."""
    monkeypatch.setenv("WORKBOOK_BUILD", str(road))


@pytest.fixture(scope="package")
def projects(road):
    """Every board and place of the weights that fits, built."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBOOK_BUILD", str(road))
        return {place: firmware.make(place[0], weights=place[1]) for place in PLACES}


@pytest.fixture(scope="package")
def runs(projects):
    """What each of them did."""
    return {place: firmware.run(project) for place, project in projects.items()}
