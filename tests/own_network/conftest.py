"""A network of two dense layers, as ONNX and as bundles of integers and of floats."""

import numpy as np
import onnx
import pytest

from helpers.compiler import driver
from helpers.evaluation.verify import integers
from helpers.own_network import program
from tests import samples

SAMPLES = np.random.default_rng(6).normal(size=(3, 6)).astype(np.float32)


@pytest.fixture(scope="package")
def small(tmp_path_factory):
    """The network's file: six numbers in, three out; with an .npz of samples beside it."""
    folder = tmp_path_factory.mktemp("small")
    onnx.save(samples.two_dense_layers(), folder / "small.onnx")
    np.savez(folder / "x.npz", x=SAMPLES)
    return folder / "small.onnx"


@pytest.fixture(scope="package")
def graph(small):
    """The network in integers."""
    return integers.graph(small, {}, SAMPLES, integers.DEFAULT)


@pytest.fixture
def integer_bundle(graph, tmp_path):
    """Function: a bundle of the integer graph in a form of the Cortex-M0+."""

    def make(form: str = "fast"):
        driver.emit_bundle(graph, tmp_path / form, "net", driver.Target("cortex-m0plus", form=form), entry="start")
        return tmp_path / form

    return make


@pytest.fixture(scope="package")
def project(graph, tmp_path_factory):
    """The bundle in the fast form and the first sample, built for the FRDM-KE16Z."""
    folder = tmp_path_factory.mktemp("project")
    driver.emit_bundle(graph, folder / "bundle", "net", driver.Target("cortex-m0plus", form="fast"), entry="start")
    return program.make("ke16z", folder / "bundle", SAMPLES[0], folder / "ke16z")


@pytest.fixture
def float_bundle(small, tmp_path):
    """A bundle of the network in float32 for the Cortex-M0+."""
    graph = driver.compiled_graph(small, driver.Request())
    driver.emit_bundle(graph, tmp_path / "floats", "net", driver.Target("cortex-m0plus"))
    return tmp_path / "floats"
