"""Attributes of nodes: one class per kind, which refuses what it does not have."""

import dataclasses
from typing import get_args

import pytest

from helpers.compiler.ir import attributes
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.ir.window import POINT, Window
from helpers.compiler.operators.base import registry

KINDS = sorted(registry.OPERATORS)


@pytest.fixture
def graph():
    return Graph("net")


def clip(graph, kind="Clip", **values):
    x = graph.add_placeholder("x", TensorType((1, 4)))
    return graph.add(kind, "clip", [x], [x.type], **values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"low": 0.0, "high": 6.0, "hihg": 5.0}, "clip: Clip: .*hihg"),
        ({"low": 0.0}, "clip: Clip: .*high"),
    ],
    ids=["unknown", "missing"],
)
def test_a_node_is_refused_when_it_is_made(graph, values, message):
    with pytest.raises(TypeError, match=message):
        clip(graph, **values)
    assert graph.nodes == []


def test_a_kind_that_no_operator_declares_is_refused(graph):
    with pytest.raises(TypeError, match="no operator declares the kind Clamp"):
        clip(graph, "Clamp")


def test_an_unknown_attribute_cannot_be_set_later(graph):
    node = clip(graph, low=0.0, high=6.0)
    with pytest.raises(AttributeError, match="hihg"):
        node.set(hihg=5.0)
    with pytest.raises(AttributeError, match="hihg"):
        node.attributes.hihg = 5.0


def test_what_is_computed_later_is_none_until_then(graph):
    assert clip(graph, low=0.0, high=6.0).attributes.requantisation is None


def test_attributes_are_copied_from_a_node_of_the_kind(graph):
    node = clip(graph, low=0.0, high=6.0)
    other = graph.add("Clip", "other", node.inputs, [node.output.type], node.attributes, high=1.0)
    assert (other.attributes.low, other.attributes.high, node.attributes.high) == (0.0, 1.0, 6.0)


def test_a_copy_of_a_graph_has_attributes_of_its_own(graph):
    graph.add_output("y", clip(graph, low=0.0, high=6.0).output)
    copied = graph.copied()
    copied.nodes[0].attributes.high = 1.0
    assert graph.nodes[0].attributes.high == 6.0


def test_a_node_that_becomes_another_kind_keeps_what_both_have(graph):
    x = graph.add_placeholder("x", TensorType((1, 2, 2, 1)))
    window = Window((2, 2))
    node = graph.add("Convolution", "conv", [x], [x.type], window=window, group=1)
    node.become("MaxPool", raw=True)
    assert (node.kind, node.attributes.window, node.attributes.raw) == ("MaxPool", window, True)
    assert not hasattr(node.attributes, "group")


def test_a_dense_layer_is_a_convolution_of_one_point(graph):
    x = graph.add_placeholder("x", TensorType((1, 4)))
    node = graph.add("FullyConnected", "dense", [x], [x.type])
    assert (node.attributes.window, node.attributes.group) == (POINT, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_class_that_takes_no_other_names(kind):
    own = attributes.CLASSES[kind]
    assert dataclasses.is_dataclass(own)
    assert all("__slots__" in vars(each) for each in own.__mro__[:-1])


@pytest.mark.parametrize("kind", KINDS)
def test_the_class_that_mypy_sees_is_the_one_that_is_declared(kind):
    operator = type(registry.OPERATORS[kind])
    annotated = [get_args(base)[0] for base in getattr(operator, "__orig_bases__", ()) if get_args(base)]
    assert [each for each in annotated if isinstance(each, type) and each is not operator.attributes] == []
