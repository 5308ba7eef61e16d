"""A network of a million weights is planned in seconds."""

import time

from helpers.compiler.backends.thumb import program as emit
from helpers.compiler.targets import FORMS
from helpers.evaluation import sample_networks

MOST_SECONDS = 6  # of this processor; it takes about one


def test_lenet_is_planned_quickly():
    graph, start = sample_networks.lenet(), time.process_time()
    program = emit.program(graph, FORMS["fast"], "net", "net")
    assert time.process_time() - start < MOST_SECONDS
    behind_the_code = 4 * program.sources[emit.KERNELS].count("0x")
    assert len(program.constants) + behind_the_code > 2_000_000  # two bytes a weight of the dense layers
