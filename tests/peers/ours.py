"""This compiler's code for the same networks, for the table beside the others'."""

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler import driver
from helpers.evaluation.verify import integers
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.own_network import fit
from tests.peers import bench
from tests.peers.tools import Task


def measure(task: Task, form: str, kind: str = "float") -> bench.Cost:
    """One form of code. kind: "float" quantises the float file here, "int8" takes the integers of the int8 file.

    Raises Unsupported if the form has no code for the network.
    """
    graph = fit.integer_graph(task.folder / f"{kind}.onnx", {})
    target = driver.Target(bench.CORE, form=form)
    if driver.form_of(graph, target) != form:
        raise Unsupported(f"has no code of the form {form}")
    folder = task.folder / f"{form}_{kind}"
    driver.emit_bundle(graph, folder, "net", target)
    bundle = EmulatedBundle(folder, core=bench.CORE)
    given = integers.fed(graph, task.inputs)
    outputs = np.asarray(integers.real(graph, bundle.run(given))).reshape(len(task.inputs), *task.result.shape)
    found = bundle.measure(given[0])
    header = bundle.header
    ram = header.mutable + header.activations + found.stack_bytes
    return bench.Cost(found.cycles, bundle.flash_bytes, ram, outputs)
