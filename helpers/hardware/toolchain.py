"""The compilers: clang from the ziglang wheel (the default), or arm-none-eabi-gcc where it is installed."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import SystemRefused, ToolFailed

# zig's target and CPU for each -mcpu of the Glow tools; None is the machine this runs on.
ARM_TARGETS = {
    "cortex-m0": ("thumb-freestanding-eabi", "cortex_m0"),
    "cortex-m0plus": ("thumb-freestanding-eabi", "cortex_m0plus"),
    "cortex-m7": ("thumb-freestanding-eabi", "cortex_m7"),
}


LEAST_ROOM = 1 << 20  # bytes; a disk with less is full for a compiler
_PLACES = "where temporary files go (TMPDIR), .cache and the output are"
_MOVE = f"see {_PLACES}; ZIG_GLOBAL_CACHE_DIR and ZIG_LOCAL_CACHE_DIR move .cache"
_REFUSALS = (
    (r"(?i)no ?space ?left|disk ?quota", "the disk is full", f"make room {_PLACES}"),
    (r"(?i)read-?only ?file ?system", "a disk is read-only", _MOVE),
    (r"AccessDenied|(?i:permission denied)", "permission denied", _MOVE),
    (r"unable to make temporary file", "it cannot make temporary files", "let TMPDIR name a folder that can be written to"),
    (r"FileNameTooLong|(?i:file name too long)", "a path is too long", "work in a folder with a shorter path"),
)  # fmt: skip


def zig() -> Path:
    """The zig program inside the ziglang wheel."""
    import ziglang

    return Path(ziglang.__file__).parent / ("zig.exe" if os.name == "nt" else "zig")


def environment() -> dict[str, str]:
    """The environment for a compiler: zig's cache lies in the project, so an empty or read-only HOME does not matter."""
    cache = str(artifacts.ROOT / ".cache" / "zig")
    return {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache, **os.environ}


def run(command: Sequence[str | Path], cwd: Path | None = None) -> str:
    """Run a program to its end and return what it printed; raises ToolFailed with the first error line.

    Raises SystemRefused if the cause is the machine, such as a full disk, and not what is compiled.
    """
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=environment(), capture_output=True, text=True, errors="replace")
    if done.returncode:
        printed, tool = done.stderr + done.stdout, " ".join([Path(words[0]).name, *words[1:2]])
        lines = [line for line in printed.splitlines() if line.strip()]
        errors = [line for line in lines if "error" in line.lower()] or lines or [_silent(done.returncode)]
        if refused := system_cause(printed, words):
            raise SystemRefused(f"{tool} stopped: {refused[0]}", remedy=refused[1])
        raise ToolFailed(f"{tool} stopped: {errors[0].strip().rstrip('.')}")
    return done.stdout


def _silent(status: int) -> str:
    """Why a program ended that said nothing."""
    return f"signal {-status} ended it (is the machine out of memory?)" if status < 0 else "it printed nothing"


def system_cause(printed: str, words: Iterable[str] = ()) -> tuple[str, str] | None:
    """What the system refused a compiler, from what it printed, and what to do; None where it was something else.

    words: its command line. A compiler that prints nothing has often filled a disk: then those that it writes to are looked at.
    """
    for pattern, cause, remedy in _REFUSALS:
        if re.search(pattern, printed):
            return cause, remedy
    places = [
        Path(tempfile.gettempdir()),
        Path(environment()["ZIG_LOCAL_CACHE_DIR"]),
        *(Path(word).parent for word in words),
    ]
    if not printed.strip() and any(is_full(place) for place in places):
        return _REFUSALS[0][1:]
    return None


def is_full(folder: Path) -> bool:
    """Whether the disk of a folder that can be written to has no room for a compiler's output."""
    return folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free < LEAST_ROOM


def target_flags(cpu: str | None, hard_float: bool = False) -> list[str]:
    """clang's flags for a -mcpu of the Glow tools; [] for the machine this runs on."""
    if cpu is None:
        return []
    triple, name = ARM_TARGETS[cpu]
    fpu = "+fp_armv8d16" if hard_float else ""  # named on its own: the core alone gives clang no FPU to use
    return ["-target", triple + ("hf" if hard_float else ""), f"-mcpu={name}{fpu}"]


def compile_object(
    source: Path, output: Path, cpu: str | None = None, hard_float: bool = False, flags: Sequence[str] = ("-O2",)
) -> Path:
    """Compile one C or assembly file to an object; deterministic: no path or time gets into it."""
    # zig's driver strips the object where it has read -g0, even if -g comes after it.
    debug = ["-fdebug-compilation-dir=."] if "-g" in flags else ["-g0"]
    plain = ["-c", *debug, "-ffreestanding", "-fomit-frame-pointer", "-fno-sanitize=all", "-Wall", "-Werror"]
    prefix = f"-ffile-prefix-map={source.parent}=."
    run([zig(), "cc", *target_flags(cpu, hard_float), *plain, *flags, prefix, source, "-o", output])
    return output


def join_objects(inputs: list[Path], output: Path, script: Path | None = None) -> Path:
    """Join objects to one that is still relocatable; script: a linker script that says which sections become one."""
    run([zig(), "ld.lld", "-r", *inputs, *(("-T", script) if script else ()), "-o", output])
    return output


def link_flat(inputs: list[Path], output: Path, script: Path, entry: str, cpu: str = "cortex-m0plus") -> Path:
    """Link objects for a core by a linker script, without startup code."""
    options = [
        "-nostdlib",
        "-lgcc",
        "-g",
        f"-Wl,-T,{script}",
        f"-Wl,-e,{entry}",
        "-Wl,-z,max-page-size=4",
        "-Wl,--gc-sections",
    ]
    run([zig(), "cc", *target_flags(cpu), *options, *inputs, "-o", output])
    return output


def link_host_program(inputs: list[Path], output: Path) -> Path:
    """Link C files and objects to a program for this machine. Not position independent: a real Glow bundle is not."""
    no_pie = ["-no-pie"] if sys.platform == "linux" else []
    run([zig(), "cc", "-O2", "-fno-sanitize=all", *no_pie, *inputs, "-o", output])
    return output


def arm_gcc() -> str | None:
    """The path of arm-none-eabi-gcc, or None where it is not installed."""
    return shutil.which("arm-none-eabi-gcc")


def describe() -> dict[str, str]:
    """Names and versions of the compilers found, for the report."""
    found = {"zig": importlib.metadata.version("ziglang")}
    if (gcc := arm_gcc()) is not None:
        found["arm-none-eabi-gcc"] = run([gcc, "-dumpversion"]).strip()
    return found
