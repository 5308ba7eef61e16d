"""Every option of the real tools that matters on a microcontroller is taken by the same tools here, and told by -help."""

import pytest

from helpers.compiler.commands import options

EVERY_TOOL = ("model", "onnx-define-symbol", "model-input", "verbose", "time")
PROFILING = ("dump-profile", "num-histogram-bins", "do-not-lower-nodes-for-profiling")
# Names as the open-source Glow (commit 05dd99b97) has them; values: the default first.
REAL = {
    "image-classifier": (
        *EVERY_TOOL, *PROFILING, "input-image-dir", "input-image-list-file", "image-mode", "image-layout",
        "image-channel-order", "mean", "stddev", "use-imagenet-normalization", "minibatch", "topk", "label-offset",
        "expected-labels", "compute-softmax", "model-input-name",
    ),
    "model-profiler": (*EVERY_TOOL, *PROFILING, "input-dataset"),
    "model-compiler": (
        *EVERY_TOOL, "backend", "target", "mcpu", "float-abi", "emit-bundle", "network-name", "main-entry-name",
        "load-profile", "convert-placeholders", "quantization-schema", "quantization-precision",
        "quantization-precision-bias", "quantization-calibration", "calibrate-constants", "enable-channelwise",
        "enable-rowwise", "keep-original-precision-for-nodes", "assert-all-nodes-quantized", "bundle-api",
        "bundle-api-verbose", "dump-graph-DAG", "dump-graph-DAG-before-compile", "llvm-save-asm", "relocation-model", "g",
    ),
}  # fmt: skip
VALUES = {
    ("image-classifier", "image-mode"): ("0to255", "0to1", "neg1to1", "neg128to127"),
    ("image-classifier", "image-layout"): ("NCHW", "NHWC"),
    ("image-classifier", "image-channel-order"): ("BGR", "RGB"),
    ("model-compiler", "quantization-schema"): (
        "asymmetric", "symmetric", "symmetric_with_uint8", "symmetric_with_power2_scale",
    ),
    ("model-compiler", "quantization-precision"): ("Int8", "Int16"),
    ("model-compiler", "quantization-precision-bias"): ("Int32", "Int8", "Int16"),
    ("model-compiler", "quantization-calibration"): ("none", "KL"),
    ("model-compiler", "bundle-api"): ("static", "dynamic"),
    ("model-compiler", "relocation-model"): ("static", "pic"),
}  # fmt: skip
# Headings of -help, and one option that a reader looks for under each.
HEADINGS = {
    "image-classifier": {
        "Images": "image-mode",
        "Model": "model",
        "Profiling": "dump-profile",
        "Quantisation": "load-profile",
    },
    "model-profiler": {"Data": "input-dataset", "Model": "model", "Profiling": "dump-profile"},
    "model-compiler": {"Model": "model", "Quantisation": "load-profile", "Bundle": "emit-bundle"},
}


def taken(tool: str) -> dict:
    """What the tool's parser takes, by word with its dashes."""
    return {word: action for action in options.parser(tool)._actions for word in action.option_strings}


@pytest.mark.parametrize("tool", REAL)
def test_options_of_the_real_tool(tool):
    words = taken(tool)
    assert [name for name in REAL[tool] if f"-{name}" not in words or f"--{name}" not in words] == []


@pytest.mark.parametrize(("tool", "name"), VALUES)
def test_values_of_the_real_option(tool, name):
    key = name.replace("-", "_")
    assert getattr(options.parse(tool, []), key) == VALUES[tool, name][0]
    for value in VALUES[tool, name]:
        assert getattr(options.parse(tool, [f"-{name}={value}"]), key) == value


def test_other_defaults_of_the_real_tools():
    assert options.parse("model-profiler", []).num_histogram_bins == 10
    assert options.parse("model-compiler", []).backend == "CPU"


@pytest.mark.parametrize("tool", HEADINGS)
def test_help_is_grouped(tool, capsys):
    with pytest.raises(SystemExit):
        options.parse(tool, ["-help"])
    lines = capsys.readouterr().out.splitlines()
    listed, heading = {}, ""
    for line in lines:
        heading = line[:-1] if line.endswith(":") and not line.startswith(" ") else heading
        listed.setdefault(heading, []).append(line)
    shown = [each for each in listed if each in HEADINGS[tool]]
    assert shown == list(HEADINGS[tool])
    for title, name in HEADINGS[tool].items():
        assert any(line.startswith(f"  -{name} ") for line in listed[title])
