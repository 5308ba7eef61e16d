"""What a program takes, linked: bytes of flash and RAM, and how many of them are each function's and each constant's."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from helpers.compiler.backends.program import Program
from helpers.compiler.backends.thumb.kernels import Kernel
from helpers.compiler.bundle import files
from helpers.compiler.ir.graph import Constant, Graph
from helpers.compiler.targets import Budget, Target
from helpers.hardware import flat_link, object_file

OF_A_KERNEL = ("table", "packed", "bytes")  # what follows its name in those of its constants


@dataclass(frozen=True)
class Sizes:
    """Bytes of a program. flash: code, library functions and constants; ram: inputs, outputs and activations."""

    flash: int
    ram: int
    functions: dict[str, int]
    constants: dict[str, int]

    def missing(self, budget: Budget) -> dict[str, int]:
        """Return the bytes that a budget lacks, by memory; empty if it is enough."""
        lacking = {"flash": self.flash - budget.flash, "RAM": self.ram - budget.ram}
        return {name: count for name, count in lacking.items() if count > 0}

    def of(self, kernel: Kernel, name: str) -> int:
        """Return the bytes of flash that are a kernel's own; name: the network's."""
        functions = (f"{name}_{kernel.name}", f"{name}_{kernel.name}_input")
        code = sum(self.functions.get(each, 0) for each in functions)
        if kernel.kind == "c":
            values = [value.node for value in kernel.nodes[0].inputs if isinstance(value.node, Constant)]
            return code + sum(self.constants.get(each.name, 0) for each in values)
        return code + sum(self.constants.get(f"{kernel.name}_{ending}", 0) for ending in OF_A_KERNEL)


def measured(program: Program, graph: Graph, target: Target, name: str) -> Sizes:
    """Compile and link a program for a target's core in a folder that is then removed; raises what files.write raises."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = {"cpu": target.cpu, "hard_float": False, "flags": target.flags}
        files.write(program, graph, Path(scratch), files.Names(name, name), settings)
        path = Path(scratch, f"{name}.o")
        code, _ = flat_link.linked(path, name, target.cpu or "")
        functions = object_file.function_sizes(path)
    constants = {each.name: each.type.bytes for each in program.listed}
    layout = program.layout
    ram = layout.mutable_bytes + layout.activations_bytes
    return Sizes(len(code) + len(program.constants), ram, functions, constants)
