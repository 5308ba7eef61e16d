"""The note's network as torch.onnx.export writes it, with torch's own answers: made here, or the shipped one."""

import importlib.metadata
import importlib.util
import logging
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common import artifacts
from helpers.common.errors import BadParameter
from helpers.data.mnist import Mnist

SHIPPED = artifacts.DATA / "from_pytorch"
MODEL = "mnist.onnx"
IMAGES = 50  # test images with torch's answers
INSTALL = "pip install -e '.[torch]'"


@dataclass(frozen=True, eq=False)
class Exported:
    """An exported network. images: uint8 [n, 28, 28]; labels: the digits [n]; answers: torch's outputs, float32 [n, 10]."""

    path: Path
    images: np.ndarray
    labels: np.ndarray
    answers: np.ndarray

    @property
    def inputs(self) -> np.ndarray:
        """The images as the network takes them: float32 [n, 1, 28, 28], from 0 to 1."""
        return (self.images[:, None] / np.float32(255)).astype(np.float32)


def available() -> bool:
    """Whether torch and what its exporter needs are installed."""
    return all(importlib.util.find_spec(name) for name in ("torch", "onnxscript"))


def status() -> str:
    """Say in a line whether the network is made here or comes from data/, and how to install torch."""
    if available():
        return f"torch {importlib.metadata.version('torch')} is installed: the network is trained and exported here"
    return f"torch is missing, so the shipped network is read; to make it here: {INSTALL}"


def source() -> str:
    """Return the lines of PyTorch that define, train and export the network, without their heading."""
    text = Path(__file__).with_name("note_network.py").read_text(encoding="utf-8")
    return text.partition("\n\n")[2].rstrip()


def exported(folder: Path, digits: Mnist, train_images: int, epochs: int) -> Exported:
    """Return the exported network in a folder under build/: trained here if torch is installed, else the shipped one.

    train_images: how many of the training images it learns from. Raises BadParameter for a number out of range.
    """
    _check("epochs", epochs, 1, 1000)
    _check("train_images", train_images, 64, 60_000)
    folder.mkdir(parents=True, exist_ok=True)
    if not available():
        for path in sorted(SHIPPED.glob(f"{MODEL}*")):
            shutil.copyfile(path, folder / path.name)
        with np.load(SHIPPED / "answers.npz") as found:
            return Exported(folder / MODEL, found["images"], found["labels"], found["answers"])
    return _made(folder, digits, train_images, epochs)


def _check(name: str, value: int, lowest: int, highest: int) -> None:
    """As training.check, which would load TensorFlow."""
    if not isinstance(value, int) or not lowest <= value <= highest:
        raise BadParameter(f"is {value!r}", where=name, remedy=f"use a whole number from {lowest} to {highest:,}")


def _made(folder: Path, digits: Mnist, train_images: int, epochs: int) -> Exported:
    import torch

    from helpers.network.pytorch import note_network

    torch.set_num_threads(1)  # layers as small as these gain nothing from more
    model = note_network.network()
    x = torch.from_numpy((digits.x_train[:train_images, None] / np.float32(255)).astype(np.float32))
    note_network.train(model, x, torch.from_numpy(digits.y_train[:train_images].astype(np.int64)), epochs)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # that torchvision is not installed
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the exporter will change one day
        note_network.export(model, str(folder / MODEL))
    found = Exported(folder / MODEL, digits.x_test[:IMAGES], digits.y_test[:IMAGES], np.empty(0))
    with torch.no_grad():
        answers = model(torch.from_numpy(found.inputs)).numpy()
    return Exported(found.path, found.images, found.labels, answers)
