"""The forms that are ours: integers in numpy, compiled for this machine, compiled for a core and emulated."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.aot import compile as compiler
from helpers.aot import execute, forms, quantize, ranges
from helpers.aot import profile as profiles
from helpers.aot.graph import Graph
from helpers.emulated_bundle import EmulatedBundle
from helpers.errors import BadParameter, Unsupported
from helpers.host_bundle import HostBundle

PROFILED = 100  # samples that the profile is measured over where none is given
NAME = "network"


@dataclass(frozen=True)
class Quantisation:
    """How the network becomes integers: a profile (None measures one over the samples) and model-compiler's choices."""

    profile: profiles.Profile | None = None
    configuration: quantize.Configuration = quantize.Configuration()


DEFAULT = Quantisation()


def graph(file: Path, symbols: dict[str, int], arrays: np.ndarray, quantisation: Quantisation) -> Graph:
    """The integer graph of a model file; one that holds integers already needs no profile.

    Raises what the importers raise; Unsupported for several inputs or outputs.
    """
    floats = compiler.float_graph(file, symbols)
    if len(floats.placeholders) != 1 or len(floats.outputs) != 1:
        raise Unsupported("a network with several inputs or outputs cannot be verified", where=file)
    if quantised(floats) and quantisation.profile is None:
        return compiler.compiled_graph(file, compiler.Request(symbols, convert_placeholders=True))
    found = quantisation.profile or profiles.measure(floats, arrays[:PROFILED])
    request = compiler.Request(symbols, found, quantisation.configuration, convert_placeholders=True)
    return compiler.compiled_graph(file, request)


def quantised(graph: Graph) -> bool:
    """Whether a graph as it was read holds integers already."""
    return any(value.type.quantised for node in graph.in_order() for value in node.outputs)


def has_float_layers(graph: Graph) -> bool:
    """Whether a layer of an integer graph computes in float32 all the same."""
    computed = [node for node in graph.in_order() if node.kind not in ("Quantize", "Dequantize", "Reshape")]
    return any(value.type.element == "float" for node in computed for value in node.outputs)


def fed(graph: Graph, arrays: np.ndarray) -> np.ndarray:
    """Real inputs in the element type of the graph's placeholder."""
    wanted = graph.placeholders[0].output.type
    return ranges.quantise(arrays, wanted) if wanted.quantised else arrays


def real(graph: Graph, outputs: np.ndarray) -> np.ndarray:
    """A graph's outputs as real numbers."""
    found = graph.outputs[0][1].type
    return ranges.dequantise(outputs, found) if found.quantised else outputs


def reference(graph: Graph, inputs: np.ndarray) -> np.ndarray:
    """The outputs by numpy, for inputs of the placeholder's type."""
    return execute.run_many(graph, inputs)


def compiled(graph: Graph, inputs: np.ndarray, target: compiler.Target, folder: Path) -> np.ndarray:
    """The outputs of a bundle made for `target`: run here where it names no core, else on an emulated one."""
    compiler.emit_bundle(graph, folder, NAME, target)
    return (EmulatedBundle(folder, core=target.cpu) if target.cpu else HostBundle(folder)).run(inputs)


def targets(cores: list[str], wanted: list[str] | None) -> dict[str, compiler.Target]:
    """This machine, then each core in each of the wanted forms that it has (None: all), by the name to show.

    Raises BadParameter for an unknown core, or a form that none of them has.
    """
    for core in cores:
        if core not in forms.CPUS:
            raise BadParameter(f"there is no core {core!r} to emulate", remedy=f"use {', '.join(forms.CPUS)}")
    for form in wanted or ():
        if not any(form in forms.of(core) for core in cores):
            raise BadParameter(f"{', '.join(cores)} cannot have the form {form!r}", remedy=f"use {', '.join(forms.EVERY)}")
    emulated = [compiler.Target(core, form=form) for core in cores for form in forms.of(core)]
    chosen = [each for each in emulated if wanted is None or each.form in wanted]
    return {"compiled here": compiler.Target(), **{f"{each.cpu}, {each.form}": each for each in chosen}}
