"""Print image-classifier's report: each image's likeliest labels, and whether the right one is among them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.common.errors import BadParameter


@dataclass(frozen=True)
class Wanted:
    """Options: topk labels per image, label_offset subtracted from each, softmax prints probabilities, expected right labels."""

    topk: int = 1
    label_offset: int = 0
    softmax: bool = False
    expected: tuple[int, ...] = ()


def report(names: Sequence[object], outputs: np.ndarray, wanted: Wanted) -> int:
    """Print at least one line per image for outputs [n, classes]; returns how many images miss their right label."""
    if not 1 <= wanted.topk <= outputs.shape[1]:
        remedy = f"use a whole number from 1 to {outputs.shape[1]}"
        raise BadParameter(f"-topk cannot be {wanted.topk}: the network has {outputs.shape[1]} labels", remedy=remedy)
    wrong = 0
    for index, (name, output) in enumerate(zip(names, outputs, strict=True)):
        values = np.exp(output) / np.exp(output).sum() if wanted.softmax else output
        best = np.argsort(-values, kind="stable")[: wanted.topk]
        _print(name, best - wanted.label_offset, values[best])
        if wanted.expected and wanted.expected[index] not in best - wanted.label_offset:
            wrong += 1
            print(f" File: {name} doesn't match index: {wanted.expected[index]} in the top {wanted.topk} pairs")
    return wrong


def _print(name: object, labels: np.ndarray, values: np.ndarray) -> None:
    """Print the first label after the file's name, the others below it."""
    for rank, (label, value) in enumerate(zip(labels, values, strict=True), 1):
        head = f" File: {name}" if rank == 1 else "\t" * 5
        print(f"{head}\tLabel-K{rank}: {label} (probability: {value:.4f})")
