"""The compiled hooks: built once for this machine, kept beside the compiler's own cache, and loaded."""

import ctypes
import functools
import hashlib
import importlib.metadata
import os
import platform
import sys
import tempfile
from pathlib import Path

from helpers.common.errors import WorkbookError
from helpers.hardware import toolchain

SOURCE = Path(__file__).with_name("hook.c")
FLAGS = (
    "-O2",
    "-shared",
    "-nostdlib",
    "-ffreestanding",
    "-fno-sanitize=all",
    "-g0",
    "-mcpu=baseline",
    "-Wall",
    "-Werror",
)
ENDINGS = {"win32": ".dll", "darwin": ".dylib"}


@functools.cache
def load() -> ctypes.CDLL | None:
    """The library with the hooks `on_block` and `on_read`; None where it cannot be built or loaded."""
    try:
        return _checked(ctypes.CDLL(str(_built())))
    except (OSError, AttributeError, ImportError, WorkbookError):
        return None


def _checked(library: ctypes.CDLL) -> ctypes.CDLL:
    """The library; raises AttributeError if it lacks a hook, and ImportError if Unicorn has not what edges.py needs."""
    from unicorn.unicorn_py3.unicorn import uc_engine, uc_hook_h, uccallback, uclib  # noqa: F401

    for name in ("on_block", "on_read"):
        getattr(library, name)
    return library


def _built() -> Path:
    """The library's file, named after all that it depends on; compiled if there is none yet."""
    position = () if sys.platform == "win32" else ("-fPIC",)
    facts = (*FLAGS, *position, sys.platform, platform.machine(), importlib.metadata.version("ziglang"))
    key = hashlib.sha256("\n".join(facts).encode() + SOURCE.read_bytes()).hexdigest()[:16]
    folder = Path(toolchain.environment()["ZIG_LOCAL_CACHE_DIR"])
    library = folder / f"hook-{key}{ENDINGS.get(sys.platform, '.so')}"
    if not library.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:  # Windows' linker writes more than one file
            fresh = Path(scratch, library.name)
            toolchain.run([toolchain.zig(), "cc", *FLAGS, *position, SOURCE, "-o", fresh])
            os.replace(fresh, library)  # another process may do the same at the same time
    return library
