"""The layers with the code of each form: what it costs, and which code to take so that the flash suffices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from helpers.compiler.backends.thumb.channel_lanes.unpacked import layer as unpacked
from helpers.compiler.backends.thumb.kernels import Kernel
from helpers.compiler.budget import costs
from helpers.compiler.budget.sizes import Sizes
from helpers.compiler.targets import FAST

SHARED_BYTES = 400  # of a function that all layers of one variant call

Choice = tuple[int, ...]  # for each layer, the number of its code


@dataclass(frozen=True)
class Whole:
    """All kernels of a form, and the sizes of the program that they are."""

    kernels: list[Kernel]
    sizes: Sizes


@dataclass(frozen=True, eq=False)
class Code:
    """A form's kernels for a layer: bytes of flash that are its own, and cycles; shared: functions that others may call too."""

    form: str
    kernels: tuple[Kernel, ...]
    bytes: int
    cycles: int
    shared: frozenset[unpacked.Variant] = frozenset()


@dataclass(frozen=True, eq=False)
class Layer:
    """What a kernel of the fast form computes, with the codes that compute it: that kernel first."""

    codes: tuple[Code, ...]

    @property
    def names(self) -> set[str]:
        """The names of its nodes."""
        return {node.name for node in self.codes[0].kernels[0].nodes}


def layers(wholes: dict[str, Whole], name: str, wait_states: int) -> list[Layer]:
    """Return the layers in order, from forms of which one is the fast one; name: the network's.

    wait_states: of the flash, in cycles a read.
    """
    made = []
    for kernel in wholes[FAST].kernels:
        codes = [_code(kernel, form, whole, name, wait_states) for form, whole in wholes.items()]
        found = sorted(filter(None, codes), key=lambda code: code.form != FAST)
        made.append(Layer(tuple(found[:1] if kernel.kind == "c" else found)))
    return made


def _code(kernel: Kernel, form: str, whole: Whole, name: str, wait_states: int) -> Code | None:
    """A form's code for the nodes of a kernel; None where it computes others together with them."""
    found = tuple(each for each in whole.kernels if each.nodes[0] in kernel.nodes)
    if {node for each in found for node in each.nodes} != set(kernel.nodes):
        return None
    variants = frozenset(unpacked.planned(each.nodes[0], each.bits).variant for each in found if each.kind == "bytes")
    cycles = sum(costs.cycles(each, form != FAST, wait_states) for each in found)
    return Code(form, found, sum(whole.sizes.of(each, name) for each in found), cycles, variants)


def chosen(every: Sequence[Layer], choice: Choice) -> list[Code]:
    """Return the code of each layer."""
    return [layer.codes[number] for layer, number in zip(every, choice, strict=True)]


def bytes_saved(every: Sequence[Layer], choice: Choice) -> int:
    """Return the bytes of flash that a choice saves."""
    codes = chosen(every, choice)
    shared = {each for code in codes for each in code.shared}
    fast = sum(layer.codes[0].bytes for layer in every)
    return fast - sum(code.bytes for code in codes) - SHARED_BYTES * len(shared)


def smallest(every: Sequence[Layer], to_save: int, allowed: Callable[[Choice], bool]) -> Choice:
    """Choose codes that save `to_save` bytes: step by step that which loses the fewest cycles for each byte.

    Steps that turn out not to be needed are taken back, the slowest first. allowed: whether the RAM suffices for a choice. Saves
    less if there is no more to save.
    """
    choice: Choice = (0,) * len(every)
    barred: set[tuple[int, int]] = set()
    while bytes_saved(every, choice) < to_save:
        steps = [step for step in _steps(every, choice) if step[1:] not in barred]
        if not steps:
            break
        _, at, number = min(steps)
        tried = (*choice[:at], number, *choice[at + 1 :])
        if allowed(tried):
            choice = tried
        else:
            barred.add((at, number))
    return _taken_back(every, choice, to_save, allowed)


def _steps(every: Sequence[Layer], choice: Choice) -> list[tuple[float, int, int]]:
    """The ways to smaller code of a layer: cycles lost for each byte, the layer, its code."""
    found = []
    for at, (layer, now) in enumerate(zip(every, chosen(every, choice), strict=True)):
        found += [
            ((code.cycles - now.cycles) / (now.bytes - code.bytes), at, number)
            for number, code in enumerate(layer.codes)
            if code.bytes < now.bytes
        ]
    return found


def _taken_back(every: Sequence[Layer], choice: Choice, to_save: int, allowed: Callable[[Choice], bool]) -> Choice:
    def lost(at: int) -> int:
        return every[at].codes[choice[at]].cycles - every[at].codes[0].cycles

    for at in sorted(range(len(every)), key=lost, reverse=True):
        codes = every[at].codes
        faster = [number for number, code in enumerate(codes) if code.cycles < codes[choice[at]].cycles]
        for number in sorted(faster, key=lambda number: codes[number].cycles):
            tried = (*choice[:at], number, *choice[at + 1 :])
            if bytes_saved(every, tried) >= to_save and allowed(tried):
                choice = tried
                break
    return choice
