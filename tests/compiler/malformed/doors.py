"""How a file of each kind comes in: a command that ends with status 0, or with status 2 and one line."""

from pathlib import Path

from helpers.common import errors
from helpers.compiler.commands import commands
from helpers.data import images, npz
from helpers.network.keras_files import description

REFERENCE = Path(__file__).parents[2] / "reference" / "MNIST_NXP.onnx"
KINDS = (".onnx", ".tflite", ".h5", ".npz", ".yaml", ".png")
READERS = {".h5": description.read, ".npz": npz.read, ".png": images.read_png}


def enter(path: Path) -> int:
    """Read a file as far as can be without a compiler; the status."""
    if path.suffix in READERS:
        return errors.command(lambda _: int(READERS[path.suffix](path) is None))()
    model, more = path, []
    if path.suffix == ".yaml":
        model, more = REFERENCE, [f"-load-profile={path}"]
    return commands.model_compiler([f"-model={model}", "-onnx-define-symbol=N,1", *more, "-dump-graph-DAG=graph.dot"])
