"""Networks as Keras users build them: profile, constants and outputs are real Glow's, with every kind of option.

Where GLOW_HOME names real tools, they are asked as well, so that a reference that has grown old is found.
"""

import hashlib
import json
import os
from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import real_glow
from real_networks import EXACT, KERAS, OPTIONS, REPEATING, inputs

from helpers.compiler import driver, interpreter
from helpers.compiler.backends import memory_plan
from helpers.compiler.commands import commands, options
from helpers.compiler.numerics import affine
from helpers.compiler.profiling import profile

RELATIVE = 1e-6  # products and exponentials may be summed and rounded in another order there
SYMBOLS = {"N": 1}
LARGER = {"both_ways": 64}  # bytes of activations above Glow's, which computes the layers in another order
IN_CODE = ("channelwise", "rowwise")  # Glow keeps scales and offsets in the constants, too, there


@cache
def reference() -> dict:
    return json.loads((KERAS / "profiles.json").read_text())


@cache
def outputs() -> dict[str, np.ndarray]:
    with np.load(KERAS / "outputs.npz", allow_pickle=False) as file:
        return dict(file)


@cache
def real_profile(name: str) -> profile.Profile:
    entries = {
        key: profile.Entry(low, high, tuple(bins)) for key, (low, high, bins) in reference()[name]["entries"].items()
    }
    return profile.Profile(entries, int(reference()[name]["hash"], 16))


@pytest.mark.parametrize("name", EXACT)
def test_profile(name):
    path, real = KERAS / f"{name}.onnx", real_profile(name)
    made = profile.measure(driver.float_graph(path, SYMBOLS), inputs(path), bins=16)
    assert list(made.entries) == list(real.entries) and made.graph_hash == real.graph_hash
    for key, entry in real.entries.items():
        if key.startswith("init"):
            continue  # memory that Glow profiles before it writes it
        found, span = made.entries[key], entry.high - entry.low
        assert [found.low, found.high] == pytest.approx([entry.low, entry.high], rel=RELATIVE, abs=RELATIVE * span)
        assert np.abs(np.array(found.histogram) - entry.histogram).sum() <= 2, key  # one at the edge of two bins


@pytest.mark.parametrize("chosen", OPTIONS)
@pytest.mark.parametrize("name", EXACT)
def test_bundle(name, chosen):
    path, words = KERAS / f"{name}.onnx", [word for word in OPTIONS[chosen] if word != "-convert-placeholders"]
    request = commands._request(options.parse("model-compiler", ["-onnx-define-symbol=N,1", *words]))
    request = replace(request, profile=real_profile(name), convert_placeholders=chosen != "float-edges")
    graph = driver.compiled_graph(path, request)
    source = graph.placeholders[0].output.type
    given = affine.quantise(inputs(path), source) if source.quantised else inputs(path)
    real, made = outputs()[f"{name}.{chosen}"], interpreter.run_many(graph, given)
    if real.dtype == np.float32:
        assert np.abs(made.reshape(real.shape) - real).max() <= 1e-5 * np.ptp(real)
    else:
        assert np.array_equal(made.reshape(real.shape), real)
    constants = real_glow.constants_here(graph, memory_plan.plan(graph))
    ours, theirs = [hashlib.sha256(each).hexdigest()[:16] for each in constants], reference()[name]["constants"][chosen]
    if name in REPEATING:
        return
    if chosen in IN_CODE:
        assert not Counter(ours) - Counter(theirs)
    else:
        assert ours == theirs


@pytest.mark.skipif(not os.environ.get("GLOW_HOME"), reason="GLOW_HOME names no real Glow tools")
@pytest.mark.parametrize("name", EXACT)
def test_real_tools(name, tmp_path):
    compared = real_glow.Comparison(KERAS / f"{name}.onnx", inputs(KERAS / f"{name}.onnx"), tmp_path / "glow")
    assert [each for each in compared.profiles() if not each.startswith("init")] == []
    for chosen, words in OPTIONS.items():
        found = [each for each in compared.bundles(*words) if not each.startswith("activations") or name not in LARGER]
        constants = chosen in IN_CODE or name in REPEATING
        assert found == [] or (constants and found == ["constants differ"]), (chosen, found)
