"""Depthwise and grouped layers, plane by plane: odd shapes equal the reference to the bit, and the memory is what it was."""

from dataclasses import replace

import numpy as np
import pytest
import random_networks

from helpers.compiler import driver, interpreter, targets
from helpers.compiler.backends.thumb import plan
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.ir.window import Window
from helpers.inference.emulated_bundle import EmulatedBundle

SAME = (1, 1, 1, 1)


def network(shape: tuple, window: Window, factors: str, each: int = 1, per_group: int = 1, seed: int = 3) -> Graph:
    """A grouped convolution between two 1x1 ones, so that neither its input nor its result is the network's.

    shape: height, width, channels; each: outputs of a group; per_group: its input channels.
    """
    maker = random_networks.Maker(seed)
    graph, (height, width, channels) = maker.graph, shape
    value = graph.add_placeholder("x", TensorType((1, height, width, 3), "int8", 0.01, -128))
    point, groups = Window((1, 1)), channels // per_group
    sizes = [(point, 1, channels), (window, groups, groups * each), (point, 1, 5)]
    for number, (own, group, outputs) in enumerate(sizes):
        _, high, wide, depth = value.type.shape
        constants = maker.constants((outputs, *own.kernel, depth // group), outputs)
        result = TensorType((1, *own.output_size(high, wide), outputs), "int8", 0.01, (-128, -128, 5)[number])
        rules = maker.rules(constants[0], own.kernel[0] * own.kernel[1] * depth // group, result)
        node = graph.add(
            "Convolution", f"layer{number}", [value, *constants], [result], window=own, group=group, **rules
        )
        if number < 2:
            node.set(fused="Relu")
        value = node.output
        if factors != "one for all":
            random_networks.by_channel(node, factors, maker.random)
    graph.add_output("y", value)
    random_networks.deaden(graph, seed)
    return graph


def kinds(graph: Graph, form: str = targets.FAST, mul_cycles: int = 1) -> list[str]:
    return [kernel.kind for kernel in plan.kernels(graph, replace(targets.FORMS[form], mul_cycles=mul_cycles))]


def check(graph: Graph, folder, form: str = targets.FAST, mul_cycles: int = 1) -> None:
    inputs = random_networks.inputs(graph.placeholders[0].output.type.shape, 1)[2:]
    driver.emit_bundle(graph, folder, "net", driver.Target("cortex-m0plus", form=form, mul_cycles=mul_cycles))
    got = EmulatedBundle(folder, mul_cycles).run(inputs)
    assert np.array_equal(got, interpreter.run_many(graph, {"x": inputs}))


SHAPES = [
    ((6, 7, 8), Window((3, 3), pads=SAME)),
    ((7, 6, 5), Window((3, 3), (2, 2), (0, 0, 1, 1))),
    ((9, 8, 3), Window((3, 3), (1, 2), SAME)),
    ((9, 9, 6), Window((3, 3), pads=(2, 2, 2, 2), dilations=(2, 2))),
    ((8, 9, 7), Window((2, 3), pads=(0, 2, 1, 2), dilations=(1, 2))),
    ((12, 3, 9), Window((10, 1), pads=(4, 0, 5, 0))),
    ((1, 20, 2), Window((1, 5), pads=(0, 2, 0, 2))),
    ((5, 1, 13), Window((1, 1))),
    ((4, 40, 4), Window((5, 4), pads=(2, 1, 2, 2))),
    ((3, 3, 130), Window((3, 3), pads=SAME)),
]


@pytest.mark.parametrize("factors", ["one for all", "short", "doubled"])
@pytest.mark.parametrize(("shape", "window"), SHAPES, ids=str)
def test_a_loop_over_channels_and_code_for_each_equal_the_reference(shape, window, factors, tmp_path, monkeypatch):
    graph = network(shape, window, factors, seed=sum(shape))
    for kind, module, name in (("loop", plan.plane_plan, "cycles"), ("listed", plan.costs, "listed")):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, lambda *_: 0.0)  # so that even the smallest is one
            if kinds(graph)[1] != kind:
                assert kind == "listed" and (
                    window.dilations != (1, 1) or shape[2] * np.prod(window.kernel) > plan.LISTED
                )
                continue
            check(graph, tmp_path / kind)


@pytest.mark.parametrize("mul_cycles", [1, 32])
@pytest.mark.parametrize(("each", "per_group"), [(1, 1), (2, 1), (3, 1), (2, 2), (1, 4)])
def test_lists_of_weights_for_a_few_channels_equal_the_reference(each, per_group, mul_cycles, tmp_path):
    """Several results of a channel, groups of several channels, and a core that is slow to multiply have no loop."""
    graph = network((6, 7, 8 * per_group), Window((3, 3), pads=SAME), "doubled", each, per_group)
    assert kinds(graph, mul_cycles=mul_cycles)[1] == ("listed" if each == per_group == mul_cycles == 1 else "planes")
    check(graph, tmp_path, mul_cycles=mul_cycles)


@pytest.mark.parametrize("form", ["small-flash", "skip-blank"])
def test_other_forms_equal_the_reference(form, tmp_path):
    # small-flash leaves layers of other factors to what takes the fewest bytes
    factors, kind = ("one for all", "loop") if form == "small-flash" else ("doubled", "listed")
    graph = network((6, 7, 8), Window((3, 3), (2, 2), SAME), factors)
    assert kinds(graph, form)[1] == kind
    check(graph, tmp_path, form)
