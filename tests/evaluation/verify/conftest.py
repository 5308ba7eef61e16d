"""The note's network as ONNX, quantised by the reference profile, and bundles with one wrong weight."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from helpers.compiler import driver
from helpers.compiler.profiling import profile
from helpers.evaluation.verify import integers
from tests import samples

REFERENCE = Path(__file__).parents[2] / "reference"


@pytest.fixture(scope="session")
def quantisation():
    return integers.Quantisation(profile.read(REFERENCE / "profile.yaml"))


@pytest.fixture
def small(tmp_path):
    """A network of two dense layers and an .npz of three samples for it."""
    onnx.save(samples.two_dense_layers(), tmp_path / "small.onnx")
    random = np.random.default_rng(7)
    np.savez(tmp_path / "x.npz", x=random.normal(size=(3, 6)).astype(np.float32), y=np.array([0, 1, 2]))
    return tmp_path / "small.onnx", [str(tmp_path / "x.npz")]


@pytest.fixture
def wrong_weight(monkeypatch):
    """Function: from now on, bundles for a core (None: for this machine) have a wrong byte in their constants.

    only: whether a network's bundle is spoilt, told from its graph.
    """

    def spoil(core: str | None, at: int, only=lambda graph: True) -> None:
        emit = driver.emit_bundle

        def emit_wrong(graph, folder, name, target, *others):
            layout = emit(graph, folder, name, target, *others)
            region = folder / f"{name}.weights.bin"
            data = bytearray(region.read_bytes())
            if target.cpu == core and at < len(data) and only(graph):
                data[at] ^= 0x60
                region.write_bytes(data)
                (folder / f"{name}.weights.txt").write_text(",".join(map(str, data)))
            return layout

        monkeypatch.setattr(driver, "emit_bundle", emit_wrong)

    return spoil
