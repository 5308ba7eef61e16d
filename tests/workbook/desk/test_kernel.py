"""In a real kernel: a notebook reports its steps if the attendee asked for it, and nothing otherwise."""

import os
import subprocess
import sys

import pytest

from helpers.common import artifacts
from helpers.workbook.seats.desk import progress

# Runs cells in IPython as a kernel does, but in this process: the import, a checkpoint that fails, and one that passes.
CELLS = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
from helpers.workbook import road
book = road.find(road.discover(), "01")
checks = [cell.source for cell in book.code_cells if "assert " in cell.source]
image = "class image: shape, dtype = (28, 28), np.uint8"
for source in ("from helpers import errors", checks[0], "import numpy as np", image, checks[0]):
    shell.run_cell(source)
for callback in shell.events.callbacks["post_run_cell"]:
    watch = getattr(callback, "__self__", None)
    if hasattr(watch, "close"):
        watch.close()
"""


@pytest.mark.parametrize("asked", [True, False])
def test_a_kernel_reports_only_if_it_was_asked(tmp_path, build, asked):
    folder = tmp_path / "shared"
    folder.mkdir()
    environment = os.environ | {"PYTHONPATH": str(artifacts.ROOT), "IPYTHONDIR": str(tmp_path / "ipython")}
    if asked:
        environment |= {"WORKBOOK_DESK": str(folder), "WORKBOOK_SEAT": "ada"}
    done = subprocess.run([sys.executable, "-c", CELLS], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    if not asked:
        assert list(folder.iterdir()) == [] and not (build / "desk").exists()
        return
    seat = progress.read(folder / "ada.json")
    assert seat.notebook == "01_design_cnn" and seat.steps["01.1"].tries == 2 and seat.steps["01.1"].state == "passed"
