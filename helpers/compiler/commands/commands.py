"""The three command lines: image-classifier, model-profiler, model-compiler."""

import argparse
import time
from pathlib import Path

import numpy as np

from helpers.common import artifacts, atomic_files, errors, named_arrays
from helpers.common.errors import BadParameter, Unsupported
from helpers.common.named_arrays import Arrays
from helpers.compiler import driver, interpreter, targets
from helpers.compiler.budget import search
from helpers.compiler.bundle import files, reserved_names
from helpers.compiler.commands import (
    cheap_inputs,
    classification,
    image_inputs,
    options,
    raw_inputs,
    target_choice,
)
from helpers.compiler.frontends import input_types
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.ir.names import legal_name
from helpers.compiler.numerics import affine
from helpers.compiler.profiling import profile
from helpers.compiler.profiling.graph_hash import graph_hash
from helpers.compiler.profiling.histogram import MOST_BINS
from helpers.compiler.quantisation import quantiser


class _Stages:
    """Print the time of each stage if -time is given."""

    def __init__(self, wanted: bool):
        self.wanted, self.start = wanted, time.perf_counter()

    def done(self, stage: str) -> None:
        if self.wanted:
            print(f"{stage}: {time.perf_counter() - self.start:.3f} s")
        self.start = time.perf_counter()


def _model(chosen: argparse.Namespace) -> Path:
    if not chosen.model:
        raise BadParameter("no model was given", remedy="give -model=FILE.onnx")
    return Path(chosen.model)


def _check_outputs(chosen: argparse.Namespace, outputs: list[str | None], *inputs: str | None) -> None:
    """Reject an output that is also an input or another output, before anything is read."""
    for number, output in enumerate(outputs):
        if output:
            atomic_files.check_apart(output, chosen.model, *inputs, *outputs[:number])


def _float_graph(chosen: argparse.Namespace) -> Graph:
    graph = driver.float_graph(_model(chosen), options.symbols(chosen.onnx_define_symbol), _input_types(chosen))
    _check_input_names(graph, chosen)
    return graph


def _input_types(chosen: argparse.Namespace) -> dict[str, TensorType]:
    return input_types.types([*chosen.model_input, *chosen.model_input_name])


def _check_input_names(graph: Graph, chosen: argparse.Namespace) -> None:
    known = {node.name for node in graph.placeholders}
    for name in input_types.names([*chosen.model_input, *chosen.model_input_name]):
        if name not in known:
            raise BadParameter(
                f"the model has no input {name!r}", where=chosen.model, remedy=f"use {', '.join(sorted(known))}"
            )


def _request(chosen: argparse.Namespace) -> driver.Request:
    loaded = profile.read(chosen.load_profile) if chosen.load_profile else None
    if loaded is None and chosen.convert_placeholders:
        raise BadParameter(
            "-convert-placeholders changes nothing without -load-profile", remedy="add -load-profile=FILE"
        )
    symbols = options.symbols(chosen.onnx_define_symbol)
    return driver.Request(
        symbols,
        loaded,
        configuration(chosen),
        chosen.convert_placeholders,
        _input_types(chosen),
        cheap_inputs.search(chosen),
    )


def configuration(chosen: argparse.Namespace) -> quantiser.Configuration:
    """Return the configuration that the options choose; raises BadParameter for two that exclude each other."""
    narrow = f"-weight-bits={chosen.weight_bits}" if chosen.weight_bits != "8" else ""
    cheap = narrow or ("-cheap-weights" if chosen.cheap_weights else "")
    many = "-enable-channelwise" if chosen.enable_channelwise else "-enable-rowwise" if chosen.enable_rowwise else ""
    if cheap and (many or chosen.quantization_precision != "Int8"):
        other = many or f"-quantization-precision={chosen.quantization_precision}"
        raise BadParameter(f"{cheap} has no effect with {other}", remedy=f"leave {other} out")
    return quantiser.Configuration(
        chosen.quantization_schema,
        chosen.quantization_precision.lower(),
        chosen.quantization_precision_bias.lower(),
        chosen.quantization_calibration,
        chosen.calibrate_constants,
        chosen.enable_channelwise,
        chosen.enable_rowwise,
        options.kinds(chosen.keep_original_precision_for_nodes, "-keep-original-precision-for-nodes"),
        chosen.assert_all_nodes_quantized,
        weight_bits=int(chosen.weight_bits),
    )


def _profile(graph: Graph, arrays: Arrays, chosen: argparse.Namespace, read: list[Path]) -> None:
    """Write a profile; read: the files that the arrays are from, none of which may be the profile."""
    atomic_files.check_apart(chosen.dump_profile, *read)
    if not 1 <= chosen.num_histogram_bins <= MOST_BINS:
        what = f"-num-histogram-bins cannot be {chosen.num_histogram_bins}"
        raise BadParameter(what, remedy=f"use a whole number from 1 to {MOST_BINS:,}")
    whole = options.kinds(chosen.do_not_lower_nodes_for_profiling, "-do-not-lower-nodes-for-profiling")
    profile.write(chosen.dump_profile, profile.measure(graph, arrays, chosen.num_histogram_bins, whole=whole))


def _image_input(graph: Graph) -> TensorType:
    """Return the only input; raises Unsupported for several, which only model-profiler can feed."""
    names = [node.name for node in graph.placeholders]
    if len(names) != 1:
        what = f"image-classifier feeds images to one input, and the network has {', '.join(names) or 'none'}"
        raise Unsupported(what, remedy="use model-profiler, with an -input-dataset for each input")
    return graph.placeholders[0].output.type


def _check_count(graph: Graph, count: int, minibatch: int) -> None:
    batch = (*_image_input(graph).shape, 1)[0]
    if minibatch and minibatch != batch:
        raise BadParameter(
            f"-minibatch={minibatch}, but the network's batch is {batch}", remedy="change -onnx-define-symbol"
        )
    if count % batch:
        raise BadParameter(
            f"{count} inputs are no multiple of the network's batch of {batch}",
            remedy=f"give a multiple of {batch} inputs, or compile for a batch of 1",
        )


def run_image_classifier(argv: list[str] | None = None) -> int:
    """Profile a network over images (-dump-profile), or classify them; returns the number of unexpected answers."""
    chosen = options.parse("image-classifier", argv)
    stages = _Stages(chosen.time)
    options.check_unused(chosen, options.PROFILING, "dump-profile=FILE")
    options.check_apart(chosen, options.ANSWERS, "dump-profile")
    options.check_unused(chosen, options.QUANTISATION, "load-profile=FILE")
    _check_outputs(chosen, [chosen.dump_profile], *chosen.images, chosen.load_profile, chosen.input_image_list_file)
    graph = _float_graph(chosen)
    wanted = _image_input(graph)
    print(f"Model: {Path(chosen.model).name}\nRunning 1 thread(s).")
    paths = image_inputs.image_paths(chosen.images, chosen.input_image_dir, chosen.input_image_list_file)
    _check_count(graph, len(paths), chosen.minibatch)
    arrays = image_inputs.load_images(paths, wanted, options.preprocessing(chosen))
    stages.done("Loading")
    if chosen.dump_profile:
        _profile(graph, arrays, chosen, paths)
        stages.done("Profiling")
        return 0
    outputs = _classify(graph, arrays, chosen)
    stages.done("Inference")
    return classification.report(paths, outputs, options.classification(chosen, len(paths)))


def _classify(graph: Graph, arrays: np.ndarray, chosen: argparse.Namespace) -> np.ndarray:
    """Compute the output that -output-name names, float32 [n, classes]; with the integer network if a profile is loaded.

    Each image begins a sequence: what a network with a state answers does not depend on the images before.
    """
    if chosen.load_profile:
        graph = driver.compiled_graph(_model(chosen), _request(chosen))
    outputs = {name: value.type for name, value in graph.outputs}
    name = legal_name(chosen.output_name) if chosen.output_name or len(outputs) > 1 else graph.outputs[0][0]
    if name not in outputs:
        what = f"there is no output {chosen.output_name!r}" if name else "the network has several outputs"
        raise BadParameter(what, remedy=f"give -output-name={' or '.join(outputs)}")
    placeholder = graph.placeholders[0].output
    fed = affine.quantise(arrays, placeholder.type) if placeholder.type.quantised else arrays
    output = named_arrays.by_name(interpreter.run_many(graph, fed, apart=True), outputs)[name].reshape(len(arrays), -1)
    return affine.dequantise(output, outputs[name]) if outputs[name].quantised else output


def run_model_profiler(argv: list[str] | None = None) -> None:
    """Profile a network over raw arrays, one dataset per input; raises WorkbookError."""
    chosen = options.parse("model-profiler", argv)
    stages = _Stages(chosen.time)
    _check_outputs(chosen, [chosen.dump_profile], *(word for line in chosen.input_dataset for word in line.split(",")))
    graph = _float_graph(chosen)
    if not chosen.dump_profile:
        raise BadParameter("no file to write the profile to", remedy="give -dump-profile=FILE")
    arrays = raw_inputs.load(chosen.input_dataset, graph)
    print(f"Model: {Path(chosen.model).name}\nRunning 1 thread(s).")
    stages.done("Loading")
    _profile(graph, arrays, chosen, raw_inputs.paths(chosen.input_dataset))
    stages.done("Profiling")


def run_model_compiler(argv: list[str] | None = None) -> None:
    """Compile a network to a bundle; raises WorkbookError."""
    chosen = options.parse("model-compiler", argv)
    _check_outputs(chosen, [chosen.dump_graph_DAG, chosen.dump_graph_DAG_before_compile], chosen.load_profile)
    stages, request, model = _Stages(chosen.time), _request(chosen), _model(chosen)
    options.check_unused(chosen, options.QUANTISATION, "load-profile=FILE")
    options.check_unused(chosen, options.BUNDLE, "emit-bundle=DIR")
    bundle = _bundle(chosen, model) if chosen.emit_bundle else None  # refused before anything is drawn
    if chosen.dump_graph_DAG_before_compile:
        _draw(driver.float_graph(model, request.symbols, request.inputs), chosen.dump_graph_DAG_before_compile)
    _report_other_graph(model, request)
    graph = driver.compiled_graph(model, request)
    _check_input_names(graph, chosen)
    stages.done("Reading and quantising")
    if chosen.dump_graph_DAG:
        _draw(graph, chosen.dump_graph_DAG)
        stages.done("Drawing")
    if bundle:
        bundle["target"] = _resolved(graph, bundle["target"])
        driver.emit_bundle(graph, Path(chosen.emit_bundle), **bundle)
        _report_other_form(graph, bundle["target"])
        stages.done("Compiling")
        if chosen.verbose:
            print(f"Bundle: {artifacts.shown(Path(chosen.emit_bundle).resolve())}")


def _bundle(chosen: argparse.Namespace, model: Path) -> dict:
    """The arguments of driver.emit_bundle that the options choose; raises BadParameter."""
    if chosen.backend != "CPU":
        raise BadParameter(f"-backend={chosen.backend} emits no bundle", remedy="give -backend=CPU, or no -emit-bundle")
    name = _identifier(chosen.network_name or model.stem.lower(), "-network-name")
    entry = _identifier(chosen.main_entry_name or name, "-main-entry-name")
    style = files.Style(chosen.bundle_api, chosen.bundle_api_verbose, chosen.llvm_save_asm)
    return {"name": name, "target": target_choice.target(chosen), "entry": entry, "style": style}


def _draw(graph: Graph, path: str) -> None:
    from helpers.compiler.commands import graph_pdf  # matplotlib takes longer to load than the rest to run

    graph_pdf.draw(graph, path)


def _report_other_graph(model: Path, request: driver.Request) -> None:
    """Report a profile whose hash is not the graph's. Real Glow stops there; here the entries' names decide."""
    made_for = request.profile.graph_hash if request.profile else 0
    this = graph_hash(driver.float_graph(model, request.symbols, request.inputs)) if made_for else 0
    if this and made_for != this:
        reasons = "another model, another batch size or another version of the tools"
        print(f"note: the profile is of a graph with hash 0x{made_for:X}, this one's is 0x{this:X}: {reasons}")


def _resolved(graph: Graph, target: driver.Target) -> driver.Target:
    """The target with what form auto has chosen, which is printed; as it is where the form is named."""
    if target.form != targets.AUTO:
        return target
    found = driver.resolved(graph, target)
    print("\n".join(search.explained(found.mix)) if found.mix else f"form {found.form}: the only one that fits")
    return found


def _report_other_form(graph: Graph, target: driver.Target) -> None:
    """Report it if a form was requested by name and the network got another."""
    if target.form and not target.mix and target.form != driver.form_of(graph, target):
        print(f"note: form {target.form} has no code for this network: it is compiled as plain C")


def _identifier(name: str, option: str) -> str:
    if reason := reserved_names.why_not(name):
        remedy = f"choose {option} of letters, digits and underscores, as in C"
        if name in reserved_names.NAMES:
            remedy += f", such as my_{name}"
        raise BadParameter(f"{option} cannot be {name[:80]!r}, which {reason}", remedy=remedy)
    return name


image_classifier = errors.command(run_image_classifier)
model_profiler = errors.command(run_model_profiler)
model_compiler = errors.command(run_model_compiler)
