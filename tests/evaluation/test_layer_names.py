"""Short names: of nodes, values and functions, with and without a prefix; what is no layer keeps its own."""

import pytest

from helpers.evaluation import layer_names


@pytest.mark.parametrize(("name", "short"), [
    ("sequential_conv_1_BiasAdd__2", "conv_1"),
    ("mnist_nxp_sequential_conv_1_BiasAdd__2", "conv_1"),
    ("sequential_max_pooling_2_MaxPool__1:0", "max_pooling_2"),
    ("sequential_dense_1_MatMul__1", "dense_1"),
    ("sequential_dense_1_Relu", "dense_1, ReLU"),
    ("sequential_dense_1_Relu:0", "dense_1, ReLU"),
    ("sequential_conv_1_Relu__1", "conv_1"),
    ("max_pooling_1_input:0", "max_pooling_1_input"),
    ("memcpy", "memcpy"),
])  # fmt: skip
def test_a_name_is_short(name, short):
    assert layer_names.short(name) == short


def test_what_is_no_layer_has_no_layers_name():
    assert layer_names.layer("memcpy") == "" and layer_names.layer("sequential_dense_2_MatMul__1") == "dense_2"


def test_names_that_would_be_alike_stay_as_they_are():
    names = ["sequential_conv_1_BiasAdd__2", "sequential_conv_1_extra", "sequential_conv_2_BiasAdd__2"]
    assert layer_names.distinct(names) == [*names[:2], "conv_2"]
