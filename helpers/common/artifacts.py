"""Where things lie, and how they are written: whole or not at all."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from helpers.common.errors import MissingInput

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
NOTEBOOKS = ROOT / "notebooks"
PROJECTS = ROOT / "firmware_projects"

# Which notebook writes what, so that a missing file names the notebook to run.
WRITTEN_BY = {
    "mnist.h5": "02_train",
    "history.json": "02_train",
    "MNIST_NXP.onnx": "04_convert_to_onnx",
    "current_test_image.png": "05_test_image",
    "model_answer.json": "05_test_image",
    "profile.yaml": "06_profile_and_compile",
    "bundle_m7": "06_profile_and_compile",
    "bundle_m0": "06_profile_and_compile",
    "bundle_host": "06_profile_and_compile",
    "bundle_least_ram": "09_cortex_m0_firmware",
    "quantized_graph.pdf": "06_profile_and_compile",
    "accuracy.json": "06_profile_and_compile",
    "test_image.inc": "07_image_to_array",
    "firmware/rt1060-flash": "08_cortex_m7_firmware",
    "firmware/rt1060-ram": "08_cortex_m7_firmware",
    "firmware/rt1170-flash": "08_cortex_m7_firmware",
    "firmware/rt1170-ram": "08_cortex_m7_firmware",
    "firmware/ke16z-flash": "09_cortex_m0_firmware",
    "firmware/ke16z-ram": "09_cortex_m0_firmware",
    "firmware/k32l2b-flash": "09_cortex_m0_firmware",
    "firmware/k32l2b-ram": "09_cortex_m0_firmware",
    "firmware/ke02z40m-flash": "09_cortex_m0_firmware",
    "firmware/ke02z40m-ram": "09_cortex_m0_firmware",
    "firmware/ke04z-flash": "09_cortex_m0_firmware",
    "firmware/ke04z-ram": "09_cortex_m0_firmware",
    "firmware/kv11z-flash": "09_cortex_m0_firmware",
    "firmware/kv11z-ram": "09_cortex_m0_firmware",
    "firmware/lpc845-flash": "09_cortex_m0_firmware",
    "firmware/lpc845-ram": "09_cortex_m0_firmware",
    "table2.json": "10_results",
    "forms": "20_speed_and_size",
    "smallest_board": "21_smallest_board",
    "quantisation_choices.json": "22_quantisation_choices",
    "own_models": "25_your_own_model",
    "quantisation_aware": "23_quantisation_aware_training",
}


def build(*parts: str) -> Path:
    """A path under the folder of everything produced (build/, or WORKBOOK_BUILD where a test sets it)."""
    return Path(os.environ.get("WORKBOOK_BUILD", ROOT / "build")).joinpath(*parts)


@contextlib.contextmanager
def building_in(folder):
    """Let `folder` be build/ for this process and those that it starts."""
    before = os.environ.get("WORKBOOK_BUILD")
    os.environ["WORKBOOK_BUILD"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("WORKBOOK_BUILD")
        if before is not None:
            os.environ["WORKBOOK_BUILD"] = before


def shown(path) -> str:
    """The path as a reader should see it: from the project's root where it lies inside it, build/ wherever that is."""
    path = Path(path)
    if path.is_relative_to(build()):
        return (Path("build") / path.relative_to(build())).as_posix()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def need(*parts: str) -> Path:
    """The path of a file or folder under build/; raises MissingInput naming the notebook that writes it."""
    path = build(*parts)
    if not path.exists():
        notebook = WRITTEN_BY.get(parts[0])
        remedy = f"run notebooks/{notebook}.ipynb first" if notebook else None
        raise MissingInput("does not exist yet", where=shown(path), remedy=remedy)
    return path


@contextlib.contextmanager
def replacing(path):
    """Yield a temporary path beside `path`; on success it replaces `path` in one step, on failure nothing is left."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_folder(path):
    """Like `replacing`, for a folder: the old one is removed only when the new one is complete."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    old = fresh.with_name(fresh.name + ".old")
    try:
        yield fresh
        fresh.chmod(0o755)
        if path.exists():
            os.replace(path, old)
        os.replace(fresh, path)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def write_bytes(path, data: bytes) -> Path:
    """Write a file atomically."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    return Path(path)


def write_text(path, text: str) -> Path:
    """Write a UTF-8 text file with LF line ends atomically."""
    return write_bytes(path, text.encode())


def write_json(path, value) -> Path:
    """Write JSON with sorted keys and no time stamp, atomically."""
    return write_text(path, json.dumps(value, indent=1, sort_keys=True) + "\n")


def digest(path) -> str:
    """SHA-256 of a file, or of a folder's files and their names in sorted order."""
    path, sha = Path(path), hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        sha.update(file.relative_to(path).as_posix().encode() + b"\0" + file.read_bytes())
    return sha.hexdigest()
