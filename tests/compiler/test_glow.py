"""The front door to the Glow tools: the words it makes, and real tools where GLOW_HOME names them."""

import sys

import pytest

from helpers.common import artifacts
from helpers.common.errors import MissingInput, ToolFailed
from helpers.compiler import glow

# As a real tool ends: glog's fatal line, then a trace of the stack.
FATAL = """\
WARNING: Logging before InitGoogleLogging() is written to STDERR
F20240511 12:00:00.123456 4711 Graph.cpp:5988] Check failed: !system(cmd.c_str()) Error running DOT conversion
*** Check failure stack trace: ***
    @     0x7f40499ee501  google::LogMessage::Fail()
"""


@pytest.fixture
def real_tool(tmp_path, monkeypatch):
    """A function that makes GLOW_HOME hold a model-compiler of these lines of Python."""
    folder = tmp_path / "glow"

    def make(lines: str):
        folder.mkdir()
        tool = folder / "model-compiler"
        tool.write_text(f"#!{sys.executable}\nimport sys\nfrom pathlib import Path\n{lines}\n")
        tool.chmod(0o755)
        monkeypatch.setenv("GLOW_HOME", str(folder))

    return make


def test_options_are_words_in_glows_spelling():
    chosen = {
        "float_abi": "hard",
        "dump_graph_DAG": "g.pdf",
        "convert_placeholders": True,
        "backend": None,
        "x": [1, 2],
    }
    words = glow.command_line("t", "a.png", **chosen)
    assert words == ["t", "a.png", "-float-abi=hard", "-dump-graph-DAG=g.pdf", "-convert-placeholders", "-x=1", "-x=2"]


def test_the_built_in_tools_run_where_no_others_are_named(monkeypatch):
    monkeypatch.delenv("GLOW_HOME", raising=False)
    assert glow.describe() == "built-in"


@pytest.mark.skipif(sys.platform == "win32", reason="the tool of this test is a script with a first line for Unix")
def test_a_real_tool_runs_in_the_build_folder_with_the_same_words(real_tool, capfd):
    real_tool("Path('made').write_text(' '.join(sys.argv[1:])); print('done')")
    glow.model_compiler(model="n.onnx", convert_placeholders=True)
    assert artifacts.build("made").read_text() == "-model=n.onnx -convert-placeholders"
    assert capfd.readouterr().out == "model-compiler -model=n.onnx -convert-placeholders\ndone\n"
    assert glow.describe().endswith("glow")


@pytest.mark.skipif(sys.platform == "win32", reason="the tool of this test is a script with a first line for Unix")
@pytest.mark.parametrize(
    ("printed", "reason"), [(FATAL, "Check failed: !system"), ("one\ntwo", "status 3: two"), ("", "it printed nothing")]
)
def test_a_failing_real_tool_is_one_line_that_says_why(real_tool, printed, reason):
    real_tool(f"sys.stderr.write({printed!r}); sys.exit(3)")
    with pytest.raises(ToolFailed, match="model-compiler ended with status 3") as caught:
        glow.model_compiler(model="n.onnx")
    assert reason in str(caught.value) and "\n" not in str(caught.value)


def test_what_only_the_built_in_tools_do_leaves_the_real_ones_aside(real_tool):
    real_tool("print('done')")
    glow.use_built_in()
    assert glow.describe() == "built-in"


def test_a_wrong_folder_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("GLOW_HOME", str(tmp_path / "none"))
    with pytest.raises(MissingInput, match="GLOW_HOME=.*none: is not a folder. Unset GLOW_HOME"):
        glow.describe()
    monkeypatch.setenv("GLOW_HOME", str(tmp_path))
    with pytest.raises(MissingInput, match="holds no model-profiler"):
        glow.model_profiler(model="n.onnx")
