"""From where to where the values between kernels are needed: looked up, since networks unrolled over time have thousands."""

from collections.abc import Iterable
from functools import cached_property

from helpers.compiler.backends.rows import shortcuts
from helpers.compiler.backends.thumb.kernels import Kernel
from helpers.compiler.backends.values import root
from helpers.compiler.ir.graph import Value


class Lives:
    """Which kernels make and read a value. inputs: those of the network's inputs that lie among the activations.

    maker: of a value, the kernel that makes it; last: the place of the last one that reads it.
    """

    def __init__(self, kernels: list[Kernel], inputs: Iterable[Value]):
        self.inputs = set(inputs)
        self._at = {kernel.nodes[0]: at for at, kernel in enumerate(kernels)}
        self._readers: dict[Value, list[Kernel]] = {}
        for kernel in kernels:
            for value in shortcuts.read(kernel):
                self._readers.setdefault(value, []).append(kernel)
        self.maker = {value: kernel for kernel in kernels for value in kernel.nodes[-1].outputs}
        self.last = {value: self.at(readers[-1]) for value, readers in self._readers.items()}

    def at(self, kernel: Kernel) -> int:
        """The place of a kernel among all."""
        return self._at[kernel.nodes[0]]

    def readers(self, value: Value) -> list[Kernel]:
        """The kernels that read a value, in order; one that reads it twice is there twice."""
        return self._readers.get(root(value), [])

    def across(self, first: int, last: int) -> list[Value]:
        """The values that are made before some kernels and read behind them."""
        return [value for value in self._waiting[first] if self.last[value] > last]

    @cached_property
    def _waiting(self) -> list[list[Value]]:
        """For each kernel the values that are made before it, and read by it or behind it."""
        waiting: list[list[Value]] = [[] for _ in self._at]
        first = {root(value): self.at(kernel) + 1 for value, kernel in self.maker.items()}
        for value, last in self.last.items():
            for each in waiting[0 if value in self.inputs else first.get(value, last + 1) : last + 1]:
                each.append(value)
        return waiting
