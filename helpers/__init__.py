"""The package behind the notebooks. `PUBLIC` lists what a notebook may import from here; docs/architecture.md has the tree."""

import importlib
import os

# Name to module, or to module:attribute. A notebook imports these names and nothing else of helpers, but for the figures
# (helpers.plots), the widgets (helpers.widgets) and the comparisons of helpers.evaluation.verify.
PUBLIC = {
    "affine": "helpers.compiler.numerics.affine",
    "artifacts": "helpers.common.artifacts",
    "boards": "helpers.hardware.boards",
    "bundle_header": "helpers.inference.bundle_header",
    "cases": "helpers.own_network.cases",
    "cnn": "helpers.network.cnn",
    "disassembly": "helpers.hardware.disassembly",
    "drawn_digit": "helpers.evaluation.drawn_digit",
    "driver": "helpers.compiler.driver",
    "elf": "helpers.hardware.emulator.elf",
    "EmulatedBundle": "helpers.inference.emulated_bundle:EmulatedBundle",
    "errors": "helpers.common.errors",
    "feature_maps": "helpers.evaluation.feature_maps",
    "firmware": "helpers.firmware",
    "first_digit": "helpers.evaluation.first_digit",
    "fit": "helpers.own_network.fit",
    "glow": "helpers.compiler.glow",
    "history": "helpers.network.history",
    "HostBundle": "helpers.inference.host_bundle:HostBundle",
    "images": "helpers.data.images",
    "interpreter": "helpers.compiler.interpreter",
    "keras": "helpers.network.keras:keras",
    "machine": "helpers.common.machine",
    "main_c": "helpers.firmware.main_c",
    "memory_plan": "helpers.compiler.backends.memory_plan",
    "mnist": "helpers.data.mnist",
    "onnx_export": "helpers.network.onnx_export",
    "profile": "helpers.compiler.profiling.profile",
    "profiling_images": "helpers.data.profiling_images",
    "project": "helpers.own_network.cli",
    "program": "helpers.own_network.program",
    "pytorch": "helpers.network.pytorch.exporting",
    "quantisation_aware": "helpers.network.quantisation_aware",
    "quantisation_choices": "helpers.evaluation.quantisation_choices",
    "results": "helpers.evaluation.results",
    "run_elf": "helpers.hardware.emulator.run:run_elf",
    "sample_networks": "helpers.evaluation.sample_networks",
    "speed": "helpers.evaluation.speed",
    "streaming": "helpers.compiler.backends.streaming",
    "strokes": "helpers.data.strokes",
    "targets": "helpers.compiler.targets",
    "toolchain": "helpers.hardware.toolchain",
    "trained": "helpers.network.trained",
    "training": "helpers.network.training",
    "validation": "helpers.network.validation",
}


def __getattr__(name: str):
    """A public name, loaded when it is first asked for, so that `from helpers import mnist` loads no TensorFlow."""
    if name not in PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = PUBLIC[name].partition(":")
    loaded = importlib.import_module(module)
    return getattr(loaded, attribute) if attribute else loaded


# Set by `python -m helpers lab --desk`: then this kernel shows its progress at the desk.
if os.environ.get("WORKBOOK_DESK"):
    importlib.import_module("helpers.workbook.seats.desk.watch").begin()
