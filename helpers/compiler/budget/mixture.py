"""The layers with the code of fast and of small-flash: what each costs, and which to make small so that the flash suffices."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from helpers.compiler.backends.thumb.channel_lanes.unpacked import layer as unpacked
from helpers.compiler.backends.thumb.kernels import Kernel
from helpers.compiler.budget import costs
from helpers.compiler.budget.sizes import Sizes

SHARED_BYTES = 400  # of a function that all layers of one variant call


@dataclass(frozen=True, eq=False)
class Layer:
    """A kernel of the fast form, and the kernels of small-flash that compute the same; none where there is no choice.

    Bytes of flash that are its own, and cycles, in both. shared: functions that the small one calls, and others may call as well.
    """

    fast: Kernel
    small: tuple[Kernel, ...]
    fast_bytes: int
    small_bytes: int
    fast_cycles: int
    small_cycles: int
    shared: frozenset[unpacked.Variant] = frozenset()

    @property
    def saved(self) -> int:
        """Bytes of flash that the small code saves, shared functions left out."""
        return self.fast_bytes - self.small_bytes

    @property
    def lost(self) -> int:
        """Cycles that the small code takes on top."""
        return self.small_cycles - self.fast_cycles

    @property
    def names(self) -> set[str]:
        """The names of its nodes."""
        return {node.name for node in self.fast.nodes}


@dataclass(frozen=True)
class Whole:
    """All kernels of a form, and the sizes of the program that they are."""

    kernels: list[Kernel]
    sizes: Sizes


def layers(fast: Whole, small: Whole, name: str, wait_states: int) -> list[Layer]:
    """Return the layers in order; name: the network's; wait_states: of the flash, in cycles a read."""
    maker = {node: kernel for kernel in small.kernels for node in kernel.nodes}
    made = []
    for kernel in fast.kernels:
        others = tuple({id(maker[node]): maker[node] for node in kernel.nodes}.values())
        alike = {node for each in others for node in each.nodes} == set(kernel.nodes)
        others = others if alike and kernel.kind != "c" else ()
        variants = [unpacked.planned(each.nodes[0]).variant for each in others if each.kind == "bytes"]
        made.append(Layer(
            kernel, others, fast.sizes.of(kernel, name), sum(small.sizes.of(each, name) for each in others),
            costs.cycles(kernel, False, wait_states), sum(costs.cycles(each, True, wait_states) for each in others),
            frozenset(variants),
        ))  # fmt: skip
    return made


def bytes_saved(small: Collection[Layer]) -> int:
    """Return the bytes of flash that are saved where these layers are small."""
    shared = {each for layer in small for each in layer.shared}
    return sum(layer.saved for layer in small) - SHARED_BYTES * len(shared)


def smallest(every: list[Layer], to_save: int, allowed: Callable[[set[Layer]], bool]) -> set[Layer]:
    """Choose layers that are made small to save `to_save` bytes: first those that lose the fewest cycles for each byte.

    Those that turn out not to be needed become fast again, the slowest first. allowed: whether the RAM suffices for a choice.
    Saves less if there is no more to save.
    """
    chosen: set[Layer] = set()
    able = [layer for layer in every if layer.small and layer.saved > 0]
    for layer in sorted(able, key=lambda layer: layer.lost / layer.saved):
        if bytes_saved(chosen) >= to_save:
            break
        if allowed({*chosen, layer}):
            chosen.add(layer)
    for layer in sorted(chosen, key=lambda layer: -layer.lost):
        rest = chosen - {layer}
        if layer.lost > 0 and bytes_saved(rest) >= to_save and allowed(rest):
            chosen = rest
    return chosen
