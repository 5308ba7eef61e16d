"""The compilers: clang from the ziglang wheel (the default), or arm-none-eabi-gcc where it is installed."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import ToolFailed

# zig's target and CPU for each -mcpu of the Glow tools; None is the machine this runs on.
ARM_TARGETS = {
    "cortex-m0": ("thumb-freestanding-eabi", "cortex_m0"),
    "cortex-m0plus": ("thumb-freestanding-eabi", "cortex_m0plus"),
    "cortex-m7": ("thumb-freestanding-eabi", "cortex_m7"),
}


def zig() -> Path:
    """The zig program inside the ziglang wheel."""
    import ziglang

    return Path(ziglang.__file__).parent / ("zig.exe" if os.name == "nt" else "zig")


def environment() -> dict[str, str]:
    """The environment for a compiler: zig's cache lies in the project, so an empty or read-only HOME does not matter."""
    cache = str(artifacts.ROOT / ".cache" / "zig")
    return {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache, **os.environ}


def run(command: list[str], cwd=None) -> str:
    """Run a program to its end and return what it printed; raises ToolFailed with the first error line."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=environment(), capture_output=True, text=True, errors="replace")
    if done.returncode:
        lines = (done.stderr + done.stdout).splitlines()
        errors = [line for line in lines if "error" in line.lower()] or lines or ["it printed nothing"]
        raise ToolFailed(f"{Path(words[0]).name} {words[1] if len(words) > 1 else ''} stopped: {errors[0].strip()}")
    return done.stdout


def target_flags(cpu: str | None, hard_float: bool = False) -> list[str]:
    """clang's flags for a -mcpu of the Glow tools; [] for the machine this runs on."""
    if cpu is None:
        return []
    triple, name = ARM_TARGETS[cpu]
    fpu = "+fp_armv8d16" if hard_float else ""  # named on its own: the core alone gives clang no FPU to use
    return ["-target", triple + ("hf" if hard_float else ""), f"-mcpu={name}{fpu}"]


def compile_object(
    source: Path, output: Path, cpu: str | None = None, hard_float: bool = False, flags=("-O2",)
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
    run([zig(), "ld.lld", "-r", *inputs, *(["-T", script] if script else []), "-o", output])
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
    if arm_gcc():
        found["arm-none-eabi-gcc"] = run([arm_gcc(), "-dumpversion"]).strip()
    return found
