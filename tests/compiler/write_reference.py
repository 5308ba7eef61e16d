"""Writes what tests/reference/glow holds of operators and of Keras networks anew, with the tools that GLOW_HOME names.

GLOW_HOME=FOLDER python tests/compiler/write_reference.py
"""

import hashlib
import json
import tempfile
from pathlib import Path

import keras_networks
import numpy as np
import operator_networks
from real_glow import Comparison, constants_there
from real_networks import EXACT, KERAS, OPTIONS, REFERENCE, inputs

from helpers.compiler.numerics import affine
from helpers.compiler.profiling import profile
from helpers.inference.host_bundle import HostBundle
from helpers.network import onnx_export
from helpers.network.keras import keras

TRIES = 30
UNWRITTEN = [0.0, 0.0, []]


def figures(real: profile.Profile) -> dict:
    """A profile for the reference: hash, and low, high and histogram by name; no numbers of memory that Glow never wrote."""
    entries = {
        name: UNWRITTEN
        if name.startswith("init")
        else [float(f"{each.low:.9g}"), float(f"{each.high:.9g}"), [int(n) for n in each.histogram]]
        for name, each in real.entries.items()
    }  # fmt: skip
    return {"hash": f"0x{real.graph_hash:X}", "entries": entries}


def write_operators(folder: Path) -> None:
    """operators.json: a profile of each of operator_networks.NETWORKS."""
    found = {}
    for name in operator_networks.NETWORKS:
        path = folder / name / "net.onnx"
        path.parent.mkdir()
        path.write_bytes(operator_networks.model(name).SerializeToString())
        found[name] = figures(_profiled(Comparison(path, operator_networks.inputs(name), path.parent)))
    _write(REFERENCE / "operators.json", found)


def _profiled(compared: Comparison) -> profile.Profile:
    """Real Glow profiles memory that it never wrote, too, and stops where that holds no number: then it is asked again."""
    for _ in range(TRIES - 1):
        try:
            return compared.real_profile(16)
        except RuntimeError:
            pass
    return compared.real_profile(16)


def write_networks(folder: Path) -> None:
    """keras/: networks of keras_networks.NETWORKS as ONNX of the newest opset that real Glow reads, and what it makes of them."""
    onnx_export.OPSET, found, arrays = 11, {}, {}
    for name in EXACT:
        keras.backend.clear_session()
        path = KERAS / f"{name}.onnx"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(onnx_export.convert(keras_networks.model(name)).SerializeToString(deterministic=True))
        compared = Comparison(path, inputs(path), folder / f"keras-{name}")
        found[name] = figures(_profiled(compared)) | {"constants": {}}
        for chosen, words in OPTIONS.items():
            _, region = compared.real_bundle(*words)
            constants = constants_there(compared.folder / "bundle" / "net.h", region)
            found[name]["constants"][chosen] = [hashlib.sha256(each).hexdigest()[:16] for each in constants]
            source = compared.compiled(*words).placeholders[0].output.type
            given = affine.quantise(compared.inputs, source) if source.quantised else compared.inputs
            arrays[f"{name}.{chosen}"] = HostBundle(compared.folder / "bundle").run(given)
    _write(KERAS / "profiles.json", found)
    np.savez_compressed(KERAS / "outputs.npz", **arrays)


def _write(path: Path, found: dict) -> None:
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(each)}" for name, each in found.items())
    path.write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        write_operators(Path(made))
        write_networks(Path(made))
