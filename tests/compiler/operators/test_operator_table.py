"""The table of operators on the page is the one that the registries give, and names everything that is taken."""

import operator_table
from operator_table import NOTHING, REFUSED, ROWS

from helpers.compiler.frontends.tflite.operators import IMPORTERS as TFLITE
from helpers.compiler.operators.base import registry
from helpers.network.keras_files import allowed


def named(column: str) -> set[str]:
    return {name for row in ROWS for name in getattr(row, column).split()}


def test_every_importer_and_layer_is_in_the_table():
    registry.load_all()
    assert named("onnx") == set(registry.ONNX_IMPORTERS) - NOTHING["ONNX"] - REFUSED
    assert named("tflite") >= set(TFLITE) - NOTHING["TFLite"]
    assert named("keras") | NOTHING["Keras"] == allowed.LAYERS


def test_what_one_importer_lacks_says_why():
    assert [row.name for row in ROWS if "" in (row.onnx, row.tflite, row.keras) and not row.why] == []


def test_the_page_has_the_table():
    text = operator_table.PAGE.read_text()
    assert operator_table.with_table(text) == text, "run python tests/compiler/operators/operator_table.py"
