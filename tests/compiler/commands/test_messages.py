"""What the messages of the commands and front ends are made of, read from the code: no name raw, no cause without a remedy."""

import ast
from pathlib import Path

import pytest

from helpers.common import artifacts, errors
from helpers.common.errors import BadInput, Unsupported
from helpers.compiler.frontends import wording

HELPERS = artifacts.ROOT / "helpers"
ROOMS = ("own_network", "evaluation/verify", "compiler/frontends", "compiler/commands")
CLASSES = {
    name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, errors.WorkbookError)
}


def raised(path: Path):
    """The calls that make an error of ours, in the order of the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CLASSES:
            yield node


FILES = sorted(path for room in ROOMS for path in (HELPERS / room).rglob("*.py"))
CALLS = [(path, call) for path in FILES for call in raised(path)]


def texts(node) -> list[str]:
    """The texts that an expression is made of; {} stands for what is filled in."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        return ["".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)]
    if isinstance(node, ast.IfExp):
        return texts(node.body) + texts(node.orelse)
    return []


def test_the_list_is_not_empty():
    assert len(CALLS) > 120 and {path.parent.name for path, _ in CALLS} >= {"onnx", "tflite", "commands", "verify"}


@pytest.mark.parametrize(
    ("path", "call"), CALLS, ids=lambda value: f"{getattr(value, 'stem', '')}{getattr(value, 'lineno', '')}"
)
def test_every_message_has_a_cause_and_a_remedy(path, call):
    assert call.args, "no cause"
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    assert "remedy" in given and not (isinstance(given["remedy"], ast.Constant) and given["remedy"].value is None)
    for text in texts(call.args[0]) + texts(given["remedy"]):
        assert text.strip() == text and not text.endswith((".", "!")) and "''" not in text and "type number" not in text
        assert not text[:1].isupper() or text.split()[0].rstrip(",'s").isupper() or text.split()[0] in NAMES, text


EVERYWHERE = [(path, call) for path in sorted(HELPERS.rglob("*.py")) for call in raised(path)]


@pytest.mark.parametrize(
    ("path", "call"), EVERYWHERE, ids=lambda value: f"{getattr(value, 'stem', '')}{getattr(value, 'lineno', '')}"
)
def test_no_message_anywhere_ends_itself(path, call):
    """The full stops are those of errors.WorkbookError; and no name is said as two quotes with nothing between them."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    for text in texts(call.args[0]) + texts(given.get("remedy")):
        assert text.strip() == text and not text.removesuffix("...").endswith((".", "!")) and "''" not in text, text


NAMES = ("Softmax", "MatMul", "Constant", "Gemm", "TFLite", "Keras")  # that begin a cause in capitals


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.parent.name in ("onnx", "tflite")], ids=lambda path: path.stem
)
def test_names_from_a_file_are_shortened(path):
    """Converters write names of hundreds of characters, and empty ones: `wording.quoted` says both."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FormattedValue) and node.conversion == ord("r"):
            assert not ast.unparse(node.value).endswith(("name", "output[0]")), ast.unparse(node)


def test_names_are_said_at_a_readable_length():
    assert wording.quoted("conv_1") == "'conv_1'"
    assert wording.quoted("") == "without a name"
    long = "StatefulPartitionedCall/" + "block/" * 40 + "conv_3/BiasAdd"
    assert len(wording.quoted(long)) <= wording.LONGEST_NAME + 2
    assert wording.quoted(long).startswith("'StatefulPartitionedCall/") and wording.quoted(long).endswith(
        "/conv_3/BiasAdd'"
    )
    assert wording.node("", "ADD", [(1, 3), ()]) == "node without a name (ADD of [1, 3], [])"


@pytest.mark.parametrize(("what", "remedy", "line"), [
    ("is wrong", "mend it", "here: is wrong. Mend it."),
    ("is wrong.", "mend it.", "here: is wrong. Mend it."),
    ("says: are you using an old binary?", "use a new one", "here: says: are you using an old binary. Use a new one."),
    ("is cut", "write N=1,2,...", "here: is cut. Write N=1,2,..."),
    ("is wrong", "did you mean x?", "here: is wrong. Did you mean x?"),
    ("is wrong\n in two lines", None, "here: is wrong in two lines."),
])  # fmt: skip
def test_a_message_is_one_line_with_one_full_stop(what, remedy, line):
    for kind in (BadInput, Unsupported):
        assert str(kind(what, where="here", remedy=remedy)) == line
