"""What a bundle's runs show: how often each branch goes either way, where computed jumps lead, what is read from flash."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from unicorn import UC_HOOK_BLOCK

from helpers.inference import bundle_arrays
from helpers.inference.emulated_bundle import EmulatedBundle

RANDOM = 12  # inputs


@dataclass
class Observed:
    """What the runs of a bundle showed.

    ways: how often each way from an instruction that may jump to the next block was taken, for each run. computed: the targets
    of each jump. cycles, fetches and reads (of data in flash): of each run.
    """

    ways: list[Counter] = field(default_factory=list)
    computed: dict[int, set[int]] = field(default_factory=dict)
    cycles: list[int] = field(default_factory=list)
    fetches: list[int] = field(default_factory=list)
    reads: list[int] = field(default_factory=list)

    def counts(self, way: tuple[int, int]) -> tuple[int, int]:
        """Return the least and the most of a way's counts."""
        counts = [run[way] for run in self.ways]
        return min(counts), max(counts)

    def is_constant(self, way: tuple[int, int]) -> bool:
        """Whether a way was taken, and equally often in every run."""
        least, most = self.counts(way)
        return 0 < least == most


def inputs(bundle: EmulatedBundle, count: int = RANDOM) -> list[dict[str, np.ndarray]]:
    """Return inputs of one inference each: the least and largest numbers, zeros, a pattern, and `count` random ones."""
    random, shapes = np.random.default_rng(1), bundle.header.inputs
    made = [{name: np.full(each.shape, value) for name, each in shapes.items()} for value in (-128, 0, 127)]
    made.append({name: _pattern(each.shape) for name, each in shapes.items()})
    made += [{name: random.integers(-128, 128, each.shape) for name, each in shapes.items()} for _ in range(count)]
    return made


def _pattern(shape: tuple[int, ...]) -> np.ndarray:
    """Least and largest numbers in turn."""
    return np.where(np.arange(int(np.prod(shape))) % 2, 127, -128).reshape(shape)


def run(bundle: EmulatedBundle, given: list[dict[str, np.ndarray]], input_in_flash: bool) -> Observed:
    """Run an inference for each input. input_in_flash: an input that is read in place lies in flash, too."""
    observed = Observed()
    for each in given:
        measured = bundle.measure(each)
        observed.cycles.append(measured.cycles)
        observed.fetches.append(measured.fetches)
        reads = measured.code_reads + measured.constant_reads
        observed.reads.append(reads + (measured.input_reads if input_in_flash else 0))
        observed.ways.append(_ways(bundle, each, observed.computed))
    return observed


def _ways(bundle: EmulatedBundle, each: dict[str, np.ndarray], computed: dict[int, set[int]]) -> Counter:
    """Count the ways of one run, and note where jumps lead."""
    ways: Counter = Counter()
    before: list[tuple[int, int]] = []

    def on_block(_uc, address: int, size: int, _) -> None:
        if before:
            last, end = before.pop()
            ways[last, address] += 1
            if address != end:
                computed.setdefault(last, set()).add(address)
        block, _ = bundle.blocks[address, size]
        before.append((max(block.offsets), block.end))

    hook = bundle.uc.hook_add(UC_HOOK_BLOCK, on_block)
    try:
        bundle.run(bundle_arrays.fed(bundle.header, each, 1))
    finally:
        bundle.uc.hook_del(hook)
    return ways
