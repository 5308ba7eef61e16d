"""The history of a training run, epoch by epoch, kept as history.json."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadInput, MissingInput

CURVES = ("loss", "accuracy", "val_loss", "val_accuracy")  # Keras's names; val_ is measured on the test images

_LARGEST = 1 << 20  # bytes


@dataclass
class History:
    """One training run. Each curve is a list with one number per epoch; accuracies are 0..1."""

    network: str
    batch_size: int
    seed: int
    train_images: int
    test_images: int
    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """Number of completed epochs."""
        return len(self.loss)

    def add(self, **values: float):
        """Append one epoch: loss, accuracy, val_loss and val_accuracy."""
        for curve in CURVES:
            getattr(self, curve).append(float(values[curve]))

    def line(self, epoch: int) -> str:
        """Format one epoch (1 is the first) as Keras prints it."""
        values = " - ".join(f"{curve}: {getattr(self, curve)[epoch - 1]:.4f}" for curve in CURVES)
        return f"Epoch {epoch}/{self.epochs} - {values}"


def write(path, history: History) -> Path:
    """Write history.json."""
    return artifacts.write_json(path, asdict(history))


def read(path) -> History:
    """Read history.json; raises MissingInput, or BadInput if `write` did not write it."""
    path, where = Path(path), artifacts.shown(path)
    remedy = "run notebooks/02_train.ipynb first"
    if not path.is_file():
        raise MissingInput("does not exist yet", where=where, remedy=remedy)
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("too large")
        history = History(**json.loads(path.read_text(encoding="utf-8")))
        curves = [getattr(history, curve) for curve in CURVES]
        numbers = all(isinstance(value, float) for curve in curves for value in curve)
    except (ValueError, TypeError) as error:
        raise BadInput("is no history of a training run", where=where, remedy=remedy) from error
    if not numbers or len({len(curve) for curve in curves}) != 1:
        raise BadInput("has curves that do not belong together", where=where, remedy=remedy)
    return history
