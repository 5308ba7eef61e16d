"""A kind is a string; one that no operator has would compare with nothing, silently."""

import ast

import pytest

from helpers.common import artifacts
from helpers.compiler.backends.dsp import rewrite
from helpers.compiler.backends.thumb.kernels import KINDS
from helpers.compiler.ir import kinds
from helpers.compiler.operators.base import registry

COMPILER = artifacts.ROOT / "helpers" / "compiler"
OTHERS = {"element", "kernel", "layer", "reader", "self", "self.maker[value]"}  # what has kinds of its own
LISTS = {"producer": 1, "sole_reader": 1, "read_nodes": 0}  # functions that take a kind, and at which place
KNOWN = {*registry.OPERATORS, "Constant", "Placeholder"}


def strings(tree: ast.AST) -> list[str]:
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def named(path) -> list[str]:
    """The kinds that a file compares a node's kind with, or asks for."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute) and node.left.attr == "kind":
            owner = ast.unparse(node.left.value)
            if owner in OTHERS or owner.endswith("dtype"):
                continue
            found += [text for right in node.comparators for text in strings(right)]
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = LISTS.get(name)
            found += strings(node.args[place]) if place is not None and len(node.args) > place else []
    return found


FILES = sorted(path for path in COMPILER.rglob("*.py") if named(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_only_known_kinds_are_asked_for(path):
    assert rewrite.for_dsp  # its kinds are known, too
    assert set(named(path)) <= KNOWN | set(KINDS)


def test_groups_hold_known_kinds():
    groups = [value for name, value in vars(kinds).items() if name.isupper()]
    assert {kind for group in groups for kind in group} <= KNOWN
