"""Random networks in every form of every core, on the emulated core, against the integer reference: bit for bit.

The tests try a few; `make random-networks` tries hundreds and prints the seeds: python tests/compiler/every_form.py --count 200
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import random_networks

from helpers.common import named_arrays
from helpers.compiler import driver, interpreter, targets
from helpers.inference.emulated_bundle import EmulatedBundle


@dataclass(frozen=True)
class Case:
    """A form of a core; mul_cycles: cycles of a multiplication; reuse_inputs: whether a call overwrites its inputs."""

    cpu: str
    form: str
    mul_cycles: int = 1
    reuse_inputs: bool = False

    def __str__(self) -> str:
        reused = ", inputs overwritten" if self.reuse_inputs else ""
        return f"{self.cpu}, {self.form}{', 32-cycle multiplier' if self.mul_cycles == 32 else ''}{reused}"


CASES = [
    *(Case(cpu, form) for cpu in ("cortex-m0plus", "cortex-m7") for form in targets.of(cpu)),
    *(Case("cortex-m0plus", form, 32) for form in targets.BY_MUL_CYCLES),
]
OVERWRITING = [replace(each, reuse_inputs=True) for each in CASES if each.form != targets.LEAST_RAM]


@lru_cache(maxsize=2)  # one form after the other asks for it
def network(seed: int, by_channel: bool = False, several: bool = False) -> tuple:
    """The graph of a seed, what it is, int8 inputs, and the reference's outputs; by name where there are several.

    by_channel: sums have activations and factors of their own for each channel, of every kind. several: inputs and outputs.
    Every third has filters without a weight, every fifth weights of few bits.
    """
    maker = random_networks.Maker(seed)
    graph = maker.several() if several else maker.network()
    maker.done += random_networks.narrow(graph, seed) if seed % 5 == 4 else []
    maker.done += random_networks.varied(graph, seed) if by_channel else []
    maker.done += random_networks.deaden(graph, seed) if seed % 3 == 0 else []
    shapes = {node.name: node.output.type.shape for node in graph.placeholders}
    inputs = {name: random_networks.inputs(shape, seed + index) for index, (name, shape) in enumerate(shapes.items())}
    return graph, "; ".join(maker.done), named_arrays.alone(inputs), interpreter.run_many(graph, inputs)


def disagreement(seed: int, case: Case) -> str | None:
    """What is wrong with the code of one network in one form; None where every output is the reference's.

    Four seeds in a row give the four kinds of networks.
    """
    graph, what, inputs, expected = network(seed, seed % 2 == 1, seed % 4 >= 2)
    with tempfile.TemporaryDirectory() as scratch:
        target = driver.Target(case.cpu, form=case.form, mul_cycles=case.mul_cycles, reuse_inputs=case.reuse_inputs)
        driver.emit_bundle(graph, Path(scratch, "net"), "net", target)
        got = EmulatedBundle(Path(scratch, "net"), case.mul_cycles, case.cpu).run(inputs)
    pairs = list(zip(named_arrays.in_order(got), named_arrays.in_order(expected), strict=True))
    wrong, size = sum(int((one != other).sum()) for one, other in pairs), sum(each.size for _, each in pairs)
    return f"seed {seed}, {case}: {wrong} of {size} outputs differ: {what}" if wrong else None


def main() -> int:
    """Try many networks in every form; status 1 if any output differs or a form cannot be made or run."""
    line = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    line.add_argument("--count", type=int, default=200, help="networks, each in every form")
    line.add_argument("--seed", type=int, default=1000, help="of the first network; the next ones count on")
    chosen = line.parse_args()
    seeds = range(chosen.seed, chosen.seed + chosen.count)
    print(f"seeds {seeds[0]} to {seeds[-1]}", flush=True)
    every = [*CASES, *OVERWRITING]
    agree = dict.fromkeys(every, 0)
    for seed in seeds:
        for case in every:
            found = tried(seed, case)
            agree[case] += not found
            if found:
                print(found, flush=True)
    for case, count in agree.items():
        print(f"{case}: {count} of {len(seeds)} networks agree")
    return 0 if set(agree.values()) == {len(seeds)} else 1


def tried(seed: int, case: Case) -> str | None:
    """As `disagreement`; what stops a form from being made or run is one, too."""
    try:
        return disagreement(seed, case)
    except Exception as error:
        return f"seed {seed}, {case}: {type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main())
