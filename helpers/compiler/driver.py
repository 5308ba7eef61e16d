"""Compile an ONNX or TFLite file, step by step: an optimised graph, an integer graph, a bundle."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from helpers.common.errors import BadParameter, Unsupported
from helpers.compiler import targets
from helpers.compiler.backends import memory_plan
from helpers.compiler.backends.dsp.rewrite import for_dsp
from helpers.compiler.backends.equivalents import rewrite
from helpers.compiler.backends.plain_c import packed_sums
from helpers.compiler.backends.plain_c import program as plain_c
from helpers.compiler.backends.program import Program
from helpers.compiler.backends.rows import program as rows
from helpers.compiler.backends.streaming import chain
from helpers.compiler.backends.streaming import program as streaming
from helpers.compiler.backends.thumb import plan
from helpers.compiler.backends.thumb import program as thumb
from helpers.compiler.backends.thumb.arithmetic import products
from helpers.compiler.budget import search
from helpers.compiler.bundle import files
from helpers.compiler.frontends import wording
from helpers.compiler.frontends.onnx import importer as onnx_importer
from helpers.compiler.frontends.tflite import importer as tflite_importer
from helpers.compiler.ir.graph import Graph, Node, TensorType
from helpers.compiler.operators import conversions
from helpers.compiler.operators.base import registry
from helpers.compiler.passes import constant_folding, pipeline
from helpers.compiler.profiling.profile import Profile
from helpers.compiler.quantisation import cheap_weights, qdq, quantiser
from helpers.compiler.targets import FORMS, Target


@dataclass(frozen=True)
class Request:
    """Options of a compilation, named as model-compiler's."""

    symbols: dict[str, int] = field(default_factory=dict)
    profile: Profile | None = None
    configuration: quantiser.Configuration = quantiser.Configuration()
    convert_placeholders: bool = False
    inputs: dict[str, TensorType] = field(default_factory=dict)
    cheap: cheap_weights.Search | None = None


def float_graph(model: Path, symbols: dict[str, int], inputs: dict[str, TensorType] | None = None) -> Graph:
    """Read a model and rewrite it as Glow does before profiling; inputs: types in place of the file's, by input."""
    importer = tflite_importer if Path(model).suffix == ".tflite" else onnx_importer
    graph = pipeline.optimise(importer.read(model, symbols, inputs))
    check_edges(graph, model)
    return graph


def check_edges(graph: Graph, model: Path) -> None:
    """Reject a network without an input, and an output that does not depend on any input."""
    constant = [name for name, value in graph.outputs if value.node.kind == "Constant"]
    if not graph.placeholders or not graph.outputs or constant:
        what = f"output {constant[0]!r} is a constant" if constant else "the network has no input or no output"
        raise Unsupported(what, where=model, remedy="export only what is computed from an input")


def compiled_graph(model: Path, request: Request) -> Graph:
    """Return the graph to compile to a bundle: integer if there is a profile, or if the file has integers itself."""
    graph = float_graph(model, request.symbols, request.inputs)
    pipeline.expand(graph)
    real = {node.name: node.data for node in graph.constants}
    if request.profile is not None:
        quantiser.quantise(graph, request.profile, request.configuration)
    elif any(node.kind == "Dequantize" for node in graph.nodes):
        qdq.fold(graph)
    if request.convert_placeholders:
        conversions.convert_placeholders(graph)
    graph.remove_unused()
    pipeline.settle(graph)
    for node in graph.in_order():
        _settle(node)
    constant_folding.fold_integers(graph)
    if request.cheap:
        cheap_weights.choose(graph, real, request.cheap, products.cycles, request.configuration.packed_bits)
    check_edges(graph, model)
    return graph


def _settle(node: Node) -> None:
    """Settle a node; errors name the node."""
    try:
        registry.of(node).settle(node)
    except Unsupported as error:
        raise Unsupported(
            error.what, where=error.where or wording.node(node.name, node.kind), remedy=error.remedy
        ) from None


def emit_bundle(
    graph: Graph,
    folder: Path,
    name: str,
    target: Target,
    entry: str | None = None,
    style: files.Style = files.STATIC,
) -> memory_plan.Layout:
    """Write a bundle's files into a folder, keep its other files, return the memory layout. Raises what files.write does."""
    settings = {"cpu": target.cpu, "hard_float": target.hard_float, "flags": target.flags}
    target = resolved(graph, target)
    graph, program = _program(graph, name, entry or name, target)
    files.write(program, graph, Path(folder), files.Names(name, entry or name), settings, style)
    return program.layout


def resolved(graph: Graph, target: Target) -> Target:
    """Return a target with what is chosen for it if its form is AUTO: a mix of forms, or one form; else as it is.

    Raises DoesNotFit if no form fits its budget.
    """
    return search.resolved(graph, target) if target.form == targets.AUTO and not target.mix else target


def _program(graph: Graph, name: str, entry: str, target: Target) -> tuple[Graph, Program]:
    """Generate the network's code in its form; also return the graph that the layout belongs to."""
    if target.mix:
        graph, backend = rewrite.of_mix(graph, target.mix.form.rows), rows if target.mix.form.rows else thumb
        return graph, backend.program(graph, target.mix.form, name, entry)
    form = form_of(graph, target)
    graph = _prepared(graph, target.cpu, form)
    if form == targets.LEAST_RAM and target.reuse_inputs:
        what = f"form {form} reads its input in place and has no memory of its own for it that could be reused"
        raise BadParameter(what, where=name, remedy="leave -reuse-input-memory out, or choose -mcpu-form=small-ram")
    if form == targets.LEAST_RAM and chain.takes(graph):
        return graph, streaming.program(graph, name, entry)
    if form == targets.LEAST_RAM:
        return rows.least(graph, name, entry)
    if target.cpu in targets.THUMB_CPUS and form in FORMS:
        backend = rows if FORMS[form].rows else thumb
        own = replace(FORMS[form], mul_cycles=target.mul_cycles, reuses_inputs=target.reuse_inputs)
        return graph, backend.program(graph, own, name, entry)
    dsp = target.cpu in targets.DSP_CPUS and form == targets.FAST
    graph = for_dsp(graph) if dsp else packed_sums.with_packed_weights(graph)
    return graph, plain_c.program(graph, name, entry, form, target.reuse_inputs)


def form_of(graph: Graph, target: Target) -> str:
    """Return the form that a network gets: plain if the requested form has no code for it."""
    form = target.form or targets.default(target.cpu)
    graph = _prepared(graph, target.cpu, form)
    if form == targets.LEAST_RAM and not chain.takes(graph) and not plan.suits(graph, targets.LEAST):
        return targets.PLAIN
    if form in FORMS and target.cpu in targets.THUMB_CPUS and not plan.suits(graph, FORMS[form]):
        return targets.PLAIN
    return form


def _prepared(graph: Graph, cpu: str | None, form: str) -> Graph:
    """The graph that a form's backend compiles; plain C has Glow's nodes."""
    return rewrite.with_kernels(graph, form) if cpu in targets.THUMB_CPUS and form != targets.PLAIN else graph
