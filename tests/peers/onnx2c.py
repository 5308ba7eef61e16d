"""onnx2c (github.com/kraiskil/onnx2c), a program that the reader has built: float C from an ONNX file."""

import re
from pathlib import Path

from tests.peers import bench, tools


def measure(program: Path, task: tools.Task) -> bench.Cost:
    """Its code for the float file; raises ToolFailed."""
    folder = task.folder / "onnx2c"
    folder.mkdir()
    code = tools.run([program.resolve(), task.folder / "float.onnx"], folder)
    (folder / "net.c").write_text(re.sub(r"\bentry\b", "net", code))
    return bench.measure(folder, [folder / "net.c"], tools.CALL, task.inputs, task.result)
