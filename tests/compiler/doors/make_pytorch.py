"""Exports the networks of pytorch_networks.py by both of PyTorch's exporters, with PyTorch's own answers beside them.

It needs an environment of its own: python -m venv E && E/bin/pip install torch==2.13.0 onnxscript==0.7.2 onnx==1.23.2
Then: E/bin/python tests/compiler/doors/make_pytorch.py tests/compiler/doors/pytorch        (the small set of the tests)
      E/bin/python tests/compiler/doors/make_pytorch.py build/doors/pytorch --every          (all, for every_door.py)
"""

import argparse
import os
import warnings
from pathlib import Path

import numpy as np
import onnx
import pytorch_networks
import torch

# The small set: name, and by which exporters. `dynamo` is torch.onnx.export's default.
SMALL = {
    "digits": ("dynamo",), "residual": ("dynamo", "script"), "depthwise": ("dynamo",), "dense": ("dynamo", "script"),
    "sound": ("dynamo",), "attention": ("script",), "lstm": ("dynamo",), "gru": ("script",), "layer_norm": ("dynamo", "script"),
    "group_norm": ("dynamo",), "pixels": ("dynamo",), "decoder": ("script",), "hard_swish": ("dynamo",),
    "dense_gelu": ("dynamo", "script"), "dense_mish": ("dynamo",), "dense_elu": ("script",), "unit": ("dynamo",),
    "largest": ("dynamo",), "picked": ("dynamo",),
}  # fmt: skip
EXPORTERS = {"dynamo": {"dynamo": True}, "script": {"dynamo": False, "opset_version": 17}}


def export(name: str, module, shape, exporters, folder: Path) -> dict[str, np.ndarray]:
    """Write a network; returns inputs and PyTorch's answers, one inference after the other."""
    module.eval()
    inputs = np.random.default_rng(1).standard_normal((8, *shape[1:])).astype(np.float32)
    with torch.no_grad():
        answers = np.concatenate([module(torch.from_numpy(each[None])).numpy() for each in inputs])
    for exporter in exporters:
        path = folder / f"{name}-{exporter}.onnx"
        torch.onnx.export(module, (torch.zeros(shape),), path, verbose=False, **EXPORTERS[exporter])
        without_notes(path)
        data = path.with_name(f"{path.name}.data")
        if data.exists() and not data.stat().st_size:
            os.remove(data)  # the exporter leaves an empty file where every weight fits into the model
    return {f"{name}-x": inputs, f"{name}-y": answers}


def without_notes(path: Path) -> None:
    """Leave out the notes that the exporter makes for people: they name files of this machine."""
    model = onnx.load(path, load_external_data=False)
    for part in (
        model,
        model.graph,
        *model.graph.node,
        *model.graph.value_info,
        *model.graph.input,
        *model.graph.output,
    ):
        del part.metadata_props[:]
        part.doc_string = ""
    path.write_bytes(model.SerializeToString(deterministic=True))


def main() -> None:
    """Write the files and answers.npz."""
    line = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    line.add_argument("folder", type=Path)
    line.add_argument("--every", action="store_true", help="all networks by both exporters")
    chosen = line.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    arrays = {}
    for name, (module, shape) in pytorch_networks.networks().items():
        exporters = tuple(EXPORTERS) if chosen.every else SMALL.get(name, ())
        if exporters:
            arrays |= export(name, module, shape, exporters, chosen.folder)
    np.savez_compressed(chosen.folder / "answers.npz", **arrays)


if __name__ == "__main__":
    main()
