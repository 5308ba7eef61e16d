"""The network of two dense layers as a program that is asked over its UART."""

import pytest

from helpers.compiler import driver
from helpers.hardware import boards
from helpers.own_network.on_board import program


@pytest.fixture(scope="package")
def made(graph, tmp_path_factory):
    """Function: the network's program for a board, built once."""
    done = {}

    def make(name: str, form: str = "fast"):
        if (name, form) not in done:
            folder, board = tmp_path_factory.mktemp(name), boards.load(name)
            target = driver.Target(board.core, board.core == "cortex-m7", form=form)
            driver.emit_bundle(graph, folder / "bundle", "net", target)
            done[name, form] = program.make(name, folder / "bundle", folder / name)
        return done[name, form]

    return make
