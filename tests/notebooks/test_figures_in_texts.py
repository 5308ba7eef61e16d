"""Figures that the notebooks' texts state beside those that their cells print."""

import re

import nbformat
import numpy as np
import pytest
from unicorn import UC_HOOK_CODE

from helpers.common import artifacts
from helpers.compiler import driver
from helpers.compiler.profiling import profile
from helpers.data import images
from helpers.hardware import boards
from helpers.inference.emulated_bundle import EmulatedBundle

REFERENCE = artifacts.ROOT / "tests" / "reference"
LENET = 1_256_080  # weights, a byte each


def texts(number: str) -> str:
    """All Markdown of a notebook."""
    (path,) = artifacts.NOTEBOOKS.glob(f"{number}_*.ipynb")
    return "\n".join(each.source for each in nbformat.read(path, 4).cells if each.cell_type == "markdown")


@pytest.mark.parametrize(("form", "row"), [("fast", "our code: `smlad`"), ("plain", "our plain C")])
def test_the_cortex_m7s_instructions_and_cycles_of_notebook_10(form, row, tmp_path):
    request = driver.Request({"N": 1}, profile.read(REFERENCE / "profile.yaml"), convert_placeholders=True)
    graph = driver.compiled_graph(REFERENCE / "MNIST_NXP.onnx", request)
    driver.emit_bundle(graph, tmp_path / "net", "net", driver.Target("cortex-m7", form=form))
    bundle, executed = EmulatedBundle(tmp_path / "net", core="cortex-m7"), []
    image = images.preprocess(images.read_png(artifacts.DATA / "current_test_image.png"), "neg128to127", "NHWC")
    cycles = bundle.measure(image.astype(np.int8)).cycles
    bundle.uc.hook_add(UC_HOOK_CODE, lambda _uc, address, _size, _data: executed.append(address))
    bundle.run(image.astype(np.int8))
    line = next(each for each in texts("10").splitlines() if row in each)
    assert line.endswith(f"| {round(len(executed), -2):,} | {round(cycles, -2):,} |")


def test_the_regions_that_notebook_08_draws_are_those_that_06_prints():
    (path,) = artifacts.NOTEBOOKS.glob("06_*.ipynb")
    printed = "".join(
        output.get("text", "") for cell in nbformat.read(path, 4).cells for output in cell.get("outputs", ())
    )
    sizes = re.search(r"m7: constant weights (\d+) B, placeholders (\d+) B, activations (\d+) B", printed)
    assert sizes is not None
    assert re.search(r"\s+".join(f"{int(size):,} bytes" for size in sizes.groups()), texts("08"))


def test_the_boards_whose_flash_holds_the_lenet_are_those_that_notebook_00_names():
    able = {name for name in boards.all_boards() if boards.load(name).flash.size >= LENET}
    assert able == {"rt1060", "rt1170", "pico_flash"}
    assert "the RT1060 and the RT1170, two Cortex-M7, and the Pico from flash" in texts("00")
