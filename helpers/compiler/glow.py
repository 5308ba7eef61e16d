"""Run the Glow tools: print the command line, then run the real tool or the built-in one."""

import contextlib
import os
import re
import subprocess
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import MissingInput, ToolFailed
from helpers.compiler.commands import commands

_WIDEST = 98  # characters of a printed line

BUILT_IN = {
    "image-classifier": commands.run_image_classifier,
    "model-profiler": commands.run_model_profiler,
    "model-compiler": commands.run_model_compiler,
}


def home() -> Path | None:
    """Return the folder of real Glow tools that GLOW_HOME names, or None; raises MissingInput if there is no such folder."""
    named = os.environ.get("GLOW_HOME")
    if not named:
        return None
    folder = Path(named)
    if not folder.is_dir():
        raise MissingInput(
            "is not a folder", where=f"GLOW_HOME={named}", remedy="unset GLOW_HOME to use the built-in tools"
        )
    return folder


def use_built_in() -> None:
    """Ignore GLOW_HOME for the rest of this process; needed for features that only the built-in tools have."""
    os.environ.pop("GLOW_HOME", None)


def describe() -> str:
    """Say which tools will run: "built-in", or the folder of the real ones."""
    folder = home()
    return str(folder) if folder else "built-in"


def command_line(tool: str, *images: str | Path, **options: object) -> list[str]:
    """Return the words of a command line: True gives a bare flag, a list repeats the option, underscores become dashes."""
    words = [tool, *map(str, images)]
    for name, value in options.items():
        name = "dump-graph-DAG" if name == "dump_graph_DAG" else name.replace("_", "-")
        values = value if isinstance(value, list | tuple) else [value]
        words += [f"-{name}" if each is True else f"-{name}={each}" for each in values if each not in (False, None)]
    return words


def image_classifier(*images: str | Path, **options: object) -> None:
    """Profile or classify: image_classifier("digit.png", image_mode="0to1", model="NET.onnx", dump_profile="profile.yaml")."""
    _run(command_line("image-classifier", *images, **options))


def model_profiler(**options: object) -> None:
    """Profile over raw arrays: model_profiler(input_dataset="input,rawbin,dir,samples", model=..., dump_profile=...)."""
    _run(command_line("model-profiler", **options))


def model_compiler(**options: object) -> None:
    """Compile: model_compiler(backend="CPU", model="NET.onnx", emit_bundle="bundle", ...)."""
    _run(command_line("model-compiler", **options))


def _run(words: list[str]) -> None:
    """Run a tool in build/, so that file names are the note's own. Raises WorkbookError with the tool's reason."""
    print(_typed(words))
    folder, place = home(), artifacts.mark_build()
    if folder is None:
        with contextlib.chdir(place):
            BUILT_IN[words[0]](words[1:])
        return
    done = subprocess.run(
        [_real(folder, words[0]), *words[1:]], cwd=place, capture_output=True, text=True, errors="replace"
    )
    print(done.stdout, end="")
    if done.returncode:
        raise ToolFailed(
            f"{words[0]} ended with status {done.returncode}: {_reason(done.stderr or done.stdout)}", where=folder
        )


def _typed(words: list[str]) -> str:
    """Format a command line as one types it, with backslashes at line breaks."""
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) + 3 > _WIDEST:
            lines.append(" " * 4 + word)
        else:
            lines[-1] += f" {word}"
    return " \\\n".join(lines)


def _reason(printed: str) -> str:
    """Return why a real tool stopped: its fatal log line (glog's begin with F and the date), else its last line."""
    lines = printed.strip().splitlines() or ["it printed nothing"]
    fatal = re.search(r"^F\d{4,8} .*?\] (.+)$", printed, re.M)
    return fatal[1] if fatal else lines[-1]


def _real(folder: Path, tool: str) -> str:
    for candidate in (folder / tool, folder / f"{tool}.exe", folder / "bin" / tool, folder / "bin" / f"{tool}.exe"):
        if candidate.is_file():
            return str(candidate)
    remedy = "let GLOW_HOME name the folder that holds it, or unset GLOW_HOME to use the built-in tools"
    raise MissingInput(f"holds no {tool}", where=folder, remedy=remedy)
