"""The saved state of an unfinished training run: weights, optimizer and curves in one file, replaced atomically."""

from pathlib import Path

import numpy as np

from helpers.common import artifacts
from helpers.common.errors import BadInput
from helpers.data import npz
from helpers.network.history import CURVES, History


class Checkpoint:
    """One run's checkpoint. Only a longer one of the same run replaces it."""

    def __init__(self, path: Path):
        self.path = path

    def forget(self):
        """Remove the checkpoint, if there is one."""
        self.path.unlink(missing_ok=True)

    def epochs(self) -> int:
        """Number of epochs in the checkpoint; 0 if there is none."""
        return self._read()["curves"].shape[1] if self.path.is_file() else 0

    def save(self, variables: list, history: History):
        """Keep the run's variables (weights, then the optimizer's) and curves, unless a longer run is kept already."""
        if self.epochs() >= history.epochs:
            return
        arrays = {f"variable_{index:03}": variable.numpy() for index, variable in enumerate(variables)}
        curves = np.array([getattr(history, curve) for curve in CURVES])
        with artifacts.replacing(self.path) as temporary:
            np.savez(temporary, curves=curves, **arrays)

    def restore(self, variables: list, history: History):
        """Restore the variables and the curves; raises BadInput if they belong to another network."""
        arrays = self._read()
        curves = arrays.pop("curves")
        kept = [arrays[name] for name in sorted(arrays)]
        if [array.shape for array in kept] != [tuple(variable.shape) for variable in variables]:
            raise self._bad()
        for variable, array in zip(variables, kept, strict=True):
            variable.assign(array)
        for curve, values in zip(CURVES, curves, strict=True):
            setattr(history, curve, values.tolist())

    def _read(self) -> dict[str, np.ndarray]:
        arrays = npz.read(self.path)
        curves = arrays.get("curves")
        if curves is None or curves.ndim != 2 or len(curves) != len(CURVES):
            raise self._bad()
        return arrays

    def _bad(self) -> BadInput:
        where = artifacts.shown(self.path)
        return BadInput("is no checkpoint of this network", where=where, remedy="set resume=False to start over")
