"""Measure the cost of each form of code for a core without FPU and SIMD."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.graph import Graph
from helpers.evaluation import layer_names, sample_networks
from helpers.firmware import projects
from helpers.inference.emulated_bundle import EmulatedBundle

# One inference of the note's network on a Cortex-M0+, in cycles. Real Glow's bundle and CMSIS-NN (random weights) were measured
# on an emulated core without flash waits; the note's is its time by its clock: 12.9 ms at 48 MHz, weights in RAM, waits included.
OTHERS = {"real Glow (2021 style)": 430_000, "CMSIS-NN": 702_953, "the note, KE16Z": 619_200}

# Cycles of a multiply-accumulate on a Cortex-M0+ if each is done alone: `muls` and `adds` take one each (Arm DDI 0484C,
# table 3-1). Eight registers let neighbours share the two-cycle loads, which leaves 1.5 cycles of loads for each.
SCALAR_FLOOR = 3.5
ALIKE = 1.01  # a difference of less than 1 % between images does not matter to a user


@dataclass(frozen=True)
class Figures:
    """The cost of one form: cycles of one inference without and with one flash wait state, bytes, cycles by layer."""

    form: str
    cycles: int
    cycles_one_wait: int
    flash_bytes: int
    ram_bytes: int
    stack_bytes: int
    layers: dict[str, int]


@dataclass(frozen=True)
class Averaged(Figures):
    """Figures over several images: cycles are means. fewest, most: extremes over the images, without wait states."""

    fewest: int
    most: int

    @property
    def depends_on_image(self) -> bool:
        """Whether some images take notably longer than others."""
        return self.most > ALIKE * self.fewest


@dataclass(frozen=True)
class InRam:
    """Gain and cost of hot loops in RAM: mean cycles of one inference with one flash wait state, bytes of code in RAM."""

    cycles_one_wait: int
    code_bytes: int


def measure(form: str, folder, image: np.ndarray, core: str = "cortex-m0plus", mul_cycles: int = 1) -> Figures:
    """Measure a bundle on one int8 image; core, mul_cycles: as for EmulatedBundle.

    flash_bytes: code and weights. ram_bytes: placeholders and activations.
    """
    return _figures(form, EmulatedBundle(folder, mul_cycles, core), image)


def average(form: str, folder, images: np.ndarray, core: str = "cortex-m0plus", mul_cycles: int = 1) -> Averaged:
    """Measure a bundle on int8 images [n, ...], n at least 1; otherwise like measure()."""
    bundle = EmulatedBundle(folder, mul_cycles, core)
    found = [_figures(form, bundle, image) for image in images]
    waiting = _mean(each.cycles_one_wait for each in found)
    layers = {name: _mean(each.layers.get(name, 0) for each in found) for name in found[0].layers}
    cycles, first = [each.cycles for each in found], found[0]
    stack = max(each.stack_bytes for each in found)
    sizes = (first.flash_bytes, first.ram_bytes, stack)
    return Averaged(form, _mean(cycles), waiting, *sizes, layers, min(cycles), max(cycles))


def hot_loops_in_ram(folder, images: np.ndarray, board: str = "kv11z") -> InRam:
    """Put a bundle into a board's program with its hot loops in RAM, build it, and run int8 images [n, ...], n at least 1.

    The board must have a wait state and enough RAM. Raises what `firmware.make` raises, DoesNotFit above all.
    """
    project = projects.make(board, folder, hot_loops="ram")
    runs = [projects.run(project, wait_states=1, data={"imageData": image.tobytes()}) for image in images]
    code = projects.memory_use(project)["RAM"].get("network's code", 0)
    return InRam(_mean(run.function(project.header.name).inclusive_cycles_with_waits for run in runs), code)


def beaten_by(one: Figures, every: list[Figures]) -> list[str]:
    """Return the forms that need less of cycles, flash or RAM than `one`, and not more of any.

    If there is none, `one` is on the Pareto front.
    """
    own = (one.cycles, one.flash_bytes, one.ram_bytes)
    others = [(each.form, (each.cycles, each.flash_bytes, each.ram_bytes)) for each in every]
    return [form for form, costs in others if costs != own and all(np.less_equal(costs, own))]


def cycles_each(found: Figures, graph: Graph) -> dict[str, float]:
    """Return cycles per multiply-accumulate of each layer that has any; a merged pool counts with its layer."""
    return {
        layer: found.layers[layer] / count
        for name, count in sample_networks.multiplications(graph).items()
        if (layer := layer_names.layer(name)) in found.layers
    }


def _figures(form: str, bundle: EmulatedBundle, image: np.ndarray) -> Figures:
    found, header = bundle.measure(image), bundle.header
    layers: dict[str, int] = {}
    for name, cycles in found.cycles_of.items():
        if layer := layer_names.layer(name):
            layers[layer] = layers.get(layer, 0) + cycles
    ram = header.mutable + header.activations
    return Figures(form, found.cycles, found.with_waits(1), bundle.flash_bytes, ram, found.stack_bytes, layers)


def _mean(counts) -> int:
    return round(float(np.mean(list(counts))))
