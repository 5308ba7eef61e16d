"""Networks that PyTorch quantised (PT2E, torchao) and its default exporter wrote, with PyTorch's own answers beside them.

The environment of make_pytorch.py, and torchao==0.18.0: E/bin/python tests/compiler/doors/make_pt2e.py tests/compiler/doors/pt2e
"""

import argparse
import logging
import os
import warnings
from pathlib import Path

import numpy as np
import torch
from make_pytorch import without_notes
from torch import nn
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
from torchao.quantization.pt2e.quantizer import x86_inductor_quantizer as x86

IMAGE = (1, 3, 8, 8)


def networks() -> dict:
    """Modules and shapes of their inputs, by name."""
    torch.manual_seed(0)
    chain, pool = nn.Sequential, nn.MaxPool2d(2)
    return {
        "dense": (chain(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3)), (1, 6)),
        "digits": (chain(pool, nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), pool, nn.Flatten(), nn.Linear(36, 10)), (1, 1, 12, 12)),
        "normalised": (chain(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)), IMAGE),
        "depthwise": (chain(nn.Conv2d(3, 8, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, groups=8), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(),
                            nn.Linear(72, 3)), IMAGE),
        "curved": (chain(nn.Linear(6, 8), nn.Sigmoid(), nn.Linear(8, 3), nn.Tanh()), (1, 6)),
    }  # fmt: skip


def export(name: str, module: nn.Module, shape: tuple, folder: Path) -> dict[str, np.ndarray]:
    """Quantise over random samples and write a network; returns inputs and PyTorch's answers."""
    samples = torch.randn((40, *shape[1:]))
    example = (samples[:1],)
    quantizer = x86.X86InductorQuantizer().set_global(x86.get_default_x86_inductor_quantization_config())
    prepared = prepare_pt2e(torch.export.export(module.eval(), example).module(), quantizer)
    for each in samples[8:]:
        prepared(each[None])
    quantised, path = convert_pt2e(prepared), folder / f"{name}-pt2e.onnx"
    torch.onnx.export(quantised, example, path, verbose=False)
    without_notes(path)
    data = path.with_name(f"{path.name}.data")
    if data.exists() and not data.stat().st_size:
        os.remove(data)
    with torch.no_grad():
        answers = np.concatenate([quantised(each[None]).numpy() for each in samples[:8]])
    return {f"{name}-x": samples[:8].numpy(), f"{name}-y": answers}


def main() -> None:
    """Write the files and answers.npz."""
    line = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    line.add_argument("folder", type=Path)
    folder = line.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    arrays = {}
    for name, (module, shape) in networks().items():
        arrays |= export(name, module, shape, folder)
    np.savez_compressed(folder / "answers.npz", **arrays)


if __name__ == "__main__":
    main()
