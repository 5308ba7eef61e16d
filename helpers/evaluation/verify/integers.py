"""The workbook's own forms: integers in numpy, compiled for this machine, compiled for a core and emulated."""

from dataclasses import dataclass
from pathlib import Path

from helpers.common import named_arrays
from helpers.common.errors import BadParameter
from helpers.common.named_arrays import Arrays
from helpers.compiler import driver, interpreter
from helpers.compiler import targets as forms
from helpers.compiler.ir.graph import Graph
from helpers.compiler.numerics import affine
from helpers.compiler.profiling import profile as profiles
from helpers.compiler.quantisation import quantiser
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.inference.host_bundle import HostBundle

PROFILED = 100  # samples to profile if no profile is given; of a batch, as many as make whole inferences
NAME = "network"


@dataclass(frozen=True)
class Quantisation:
    """How to quantise the network: a profile (None measures one over the samples) and model-compiler's choices."""

    profile: profiles.Profile | None = None
    configuration: quantiser.Configuration = quantiser.Configuration()


DEFAULT = Quantisation()


def graph(
    file: Path, symbols: dict[str, int], arrays: Arrays, quantisation: Quantisation, floats: Graph | None = None
) -> Graph:
    """Return the integer graph of a model file. arrays: samples for the profile, which an integer model does not need.

    floats: the result of driver.float_graph for the file, if already computed. Raises what the importers raise.
    """
    floats = floats or driver.float_graph(file, symbols)
    if quantised(floats) and quantisation.profile is None:
        return driver.compiled_graph(file, driver.Request(symbols, convert_placeholders=True))
    found = quantisation.profile or profiles.measure(floats, interpreter.first_samples(floats, arrays, PROFILED))
    request = driver.Request(symbols, found, quantisation.configuration, convert_placeholders=True)
    return driver.compiled_graph(file, request)


def quantised(graph: Graph) -> bool:
    """Whether a graph is already quantised when it is read."""
    return any(value.type.quantised for node in graph.in_order() for value in node.outputs)


def has_float_layers(graph: Graph) -> bool:
    """Whether some layer of an integer graph still computes in float32."""
    computed = [node for node in graph.in_order() if node.kind not in ("Quantize", "Dequantize", "Reshape")]
    return any(value.type.element == "float" for node in computed for value in node.outputs)


def fed(graph: Graph, arrays: Arrays) -> Arrays:
    """Convert real inputs to the element types of the graph's placeholders; by name if there are several."""
    types = {node.name: node.output.type for node in graph.placeholders}
    named = named_arrays.by_name(arrays, types)
    return named_arrays.alone(
        {name: affine.quantise(each, types[name]) if types[name].quantised else each for name, each in named.items()}
    )


def real(graph: Graph, outputs: Arrays) -> Arrays:
    """Convert a graph's outputs to real numbers; by name if there are several."""
    types = {name: value.type for name, value in graph.outputs}
    named = named_arrays.by_name(outputs, types)
    return named_arrays.alone(
        {name: affine.dequantise(each, types[name]) if types[name].quantised else each for name, each in named.items()}
    )


def reference(graph: Graph, inputs: Arrays) -> Arrays:
    """Compute the outputs in numpy, for inputs of the placeholders' types; each sample begins a sequence."""
    return interpreter.run_many(graph, inputs, apart=True)


def compiled(graph: Graph, inputs: Arrays, target: driver.Target, folder: Path) -> Arrays:
    """Compile for `target` and compute the outputs: on this machine if it names no core, else on an emulated core.

    Each sample begins a sequence.
    """
    driver.emit_bundle(graph, folder, NAME, target)
    return (EmulatedBundle(folder, core=target.cpu) if target.cpu else HostBundle(folder)).run(inputs, apart=True)


def targets(cores: list[str], wanted: list[str] | None) -> dict[str, driver.Target]:
    """Return the targets by display name: this machine, then each core in each wanted form it has (None: all forms).

    Raises BadParameter for an unknown core, or a form that none of the cores has.
    """
    for core in cores:
        if core not in forms.CPUS:
            raise BadParameter(f"there is no core {core!r} to emulate", remedy=f"use {', '.join(forms.CPUS)}")
    for form in wanted or ():
        if not any(form in forms.of(core) for core in cores):
            raise BadParameter(
                f"{', '.join(cores)} cannot have the form {form!r}", remedy=f"use {', '.join(forms.EVERY)}"
            )
    emulated = [driver.Target(core, form=form) for core in cores for form in forms.of(core)]
    chosen = [each for each in emulated if wanted is None or each.form in wanted]
    return {"compiled here": driver.Target(), **{f"{each.cpu}, {each.form}": each for each in chosen}}
