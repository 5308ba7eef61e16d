"""The note's network in PyTorch, its training, and its export with the exporter's defaults; needs torch."""

import torch
from torch import nn


def network() -> nn.Sequential:
    """Three pools, three convolutions, two dense layers."""
    torch.manual_seed(1)
    convolutions = [nn.MaxPool2d(2), nn.Conv2d(1, 4, 3, padding=1), nn.ReLU()]
    for _ in range(2):
        convolutions += [nn.MaxPool2d(2), nn.Conv2d(4, 4, 3, padding=1), nn.ReLU()]
    dense = [nn.Flatten(), nn.Linear(36, 28), nn.ReLU(), nn.Dropout(0.2), nn.Linear(28, 10)]
    return nn.Sequential(*convolutions, *dense)


def train(model: nn.Module, x: torch.Tensor, y: torch.Tensor, epochs: int) -> None:
    """Adam on the cross-entropy, in batches of 64."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()


def export(model: nn.Module, path: str) -> None:
    """With the exporter's defaults."""
    torch.onnx.export(model.eval(), (torch.zeros(1, 1, 28, 28),), path, verbose=False)
