"""Equal to real Glow for other networks and options: constant regions, types at the edges, outputs, profiles' names.

The figures under tests/reference/glow are what the real tools gave (its README says how they were made).
"""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from helpers.compiler import driver, interpreter
from helpers.compiler.backends import memory_plan
from helpers.compiler.backends.plain_c import program as plain_c
from helpers.compiler.commands import commands, options
from helpers.compiler.numerics import affine
from helpers.compiler.profiling import profile

REFERENCE = Path(__file__).parents[1] / "reference" / "glow"
BLOCK = 64  # bytes; each constant begins on such a boundary
OPTIONS = {
    "default": (),
    "symmetric": ("-quantization-schema=symmetric",),
    "uint8": ("-quantization-schema=symmetric_with_uint8",),
    "power2": ("-quantization-schema=symmetric_with_power2_scale",),
    "bias8": ("-quantization-precision-bias=Int8",),
    "bias16": ("-quantization-precision-bias=Int16",),
    "int16": ("-quantization-precision=Int16",),
    "kl": ("-quantization-calibration=KL",),
    "kl-constants": ("-quantization-calibration=KL", "-calibrate-constants"),
    "kl-constants-symmetric": (
        "-quantization-calibration=KL", "-calibrate-constants", "-quantization-schema=symmetric",
    ),
    "channelwise": ("-enable-channelwise",),
    "channelwise-uint8-bias8": (
        "-enable-channelwise", "-quantization-schema=symmetric_with_uint8", "-quantization-precision-bias=Int8",
    ),
    "channelwise-power2": ("-enable-channelwise", "-quantization-schema=symmetric_with_power2_scale"),
    "rowwise": ("-enable-rowwise",),
    "rowwise-symmetric": ("-enable-rowwise", "-quantization-schema=symmetric"),
    "rowwise-bias8-uint8": (
        "-enable-rowwise", "-quantization-schema=symmetric_with_uint8", "-quantization-precision-bias=Int8",
    ),
    "keep-pools": ("-keep-original-precision-for-nodes=AvgPool,MaxPool,Add",),
    "keep-conv": ("-keep-original-precision-for-nodes=Convolution",),
    "float-edges": (),
}  # fmt: skip
# SoftMax has an input there that is not read: 64 bytes of zeros in the region.
NETWORKS = ("dense", "lenet", "residual")
# Glow sums a float32 convolution of eight channels in another order, and integers made of it may be a step off.
SUMMED_OTHERWISE = ("residual", "keep-conv")


@cache
def reference(network: str) -> dict[str, np.ndarray]:
    with np.load(REFERENCE / f"{network}.npz", allow_pickle=False) as file:
        return dict(file)


@cache
def made_by_glow(network: str) -> profile.Profile:
    return profile.read(REFERENCE / f"{network}.profile.yaml")


@cache
def compiled(network: str, name: str):
    model = REFERENCE / f"{network}.onnx"
    request = commands._request(options.parse("model-compiler", [f"-model={model}", *OPTIONS[name]]))
    edges = name != "float-edges"
    return driver.compiled_graph(model, replace(request, profile=made_by_glow(network), convert_placeholders=edges))


def without_unread_zeros(region: bytes) -> bytes:
    """lenet's region less the block for an input of SoftMax that is not read: the last that is all zeros."""
    at = max(at for at in range(0, len(region), BLOCK) if not any(region[at : at + BLOCK]))
    return region[:at] + region[at + BLOCK :]


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("network", NETWORKS)
def test_constants_types_and_outputs(network, name):
    graph, expected = compiled(network, name), reference(network)
    source = graph.placeholders[0].output.type
    inputs = expected["inputs"]
    outputs = interpreter.run_many(graph, affine.quantise(inputs, source) if source.quantised else inputs)
    real = expected[f"{name}.outputs"]
    assert outputs.dtype == real.dtype
    if outputs.dtype == np.float32:
        # float32 convolutions may round differently, and an integer layer behind them is then a step off
        step = 0.02 if name in ("bias16", "keep-conv") else 1e-5
        assert np.abs(outputs - real).max() <= step * np.ptp(real)
    else:
        assert np.abs(outputs.astype(int) - real).max() <= ((network, name) == SUMMED_OTHERWISE)
    layout = memory_plan.plan(graph)
    assert (
        layout.constant_bytes <= expected[f"{name}.sizes"][0] and layout.mutable_bytes <= expected[f"{name}.sizes"][1]
    )
    assert layout.activations_bytes <= expected[f"{name}.sizes"][2]
    if "wise" in name:
        return  # Glow keeps scales and offsets in the region; here they are in the code
    if f"{name}.weights" in expected:
        region, ours = expected[f"{name}.weights"].tobytes(), plain_c.constant_region(graph, layout)
        assert ours == region or (network == "lenet" and ours == without_unread_zeros(region))


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("network", NETWORKS)
def test_scales_and_offsets_of_input_and_output(network, name):
    graph, expected = compiled(network, name), reference(network)
    edges = [graph.placeholders[0].output.type, graph.outputs[0][1].type]
    assert [each.offset for each in edges] == expected[f"{name}.offsets"].tolist()
    # the real header prints nine decimals
    assert [each.scale for each in edges] == pytest.approx(expected[f"{name}.scales"], rel=0, abs=6e-10)
