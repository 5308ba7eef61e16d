"""The interface to the boards' projects: prepare a copy, patch its main.c, build it, run it."""

import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cmake
import ninja

from helpers.common import artifacts
from helpers.common.errors import BadParameter, DoesNotFit, MissingInput, ToolFailed
from helpers.firmware import build_paths, code_in_ram, link_errors, main_c, uf2
from helpers.hardware import boards, object_file, toolchain
from helpers.hardware.boards import WEIGHTS, Board
from helpers.hardware.emulator import elf
from helpers.hardware.emulator.run import RunResult, run_elf
from helpers.inference import bundle_header
from helpers.inference.bundle_header import BundleHeader

START = artifacts.PROJECTS / "rt1060" / "source" / "main.c"  # where the note's steps start from
TOOLCHAINS = {"zig": "zig.cmake", "gcc": "arm-none-eabi-gcc.cmake"}
CONSOLES = ("uart", "semihosting")
DATA = {  # main.c's arrays, as memory_use names them
    "constantWeight": "constant weights",
    "mutableWeight": "input and output",
    "activations": "activations",
    "imageData": "image",
}
OUTPUT = "Release"  # the folder for build output in a project, as in MCUXpresso IDE
REFUSAL = "does_not_fit.txt"  # written beside it if the board is too small: one line that says by how much


@dataclass(frozen=True)
class Project:
    """A board's project with a bundle in it.

    weights, hot_loops: "flash" or "ram", the place of the constant weights and of the bundle's hot loops.
    """

    folder: Path
    board: Board
    weights: str
    header: BundleHeader
    hot_loops: str = "flash"

    @property
    def source(self) -> Path:
        """The application's source file."""
        return self.folder / "source" / "main.c"

    @property
    def elf(self) -> Path:
        """The ELF that `build` writes; the .bin, .hex or .uf2 to flash are beside it."""
        return self.folder / OUTPUT / f"{self.board.name}.elf"

    @property
    def target(self) -> main_c.Target:
        """The target to which its main.c is patched."""
        hello_world = self.folder / "source" / "hello_world.c"
        text = main_c.read(hello_world) if hello_world.exists() else ""
        return main_c.Target(self.header, hello_world=text, weights=self.weights)

    @property
    def steps(self) -> tuple[main_c.Step, ...]:
        """The note's steps for this board, from the SDK's example to a main.c of its own."""
        return main_c.steps_for(main_c.read(self.source), self.target)


def prepare(
    board: str, bundle=None, weights: str = "flash", image=None, main: Path = START, hot_loops: str = "flash"
) -> Project:
    """Copy a board's project to its `place` under build/firmware/ and put the network into its source/ folder.

    bundle: folder of a bundle; image: file of the input values; None takes those of the road (see road_bundle). main: the
    main.c to start from. hot_loops: "ram" runs the bundle's hot loops from RAM, if the board has enough of it (see
    code_in_ram.py). An older copy is replaced. Raises BadParameter, MissingInput, or BadInput (a bundle of another core).
    """
    facts = boards.load(board)
    bundle = Path(bundle) if bundle else road_bundle(facts)
    image = Path(image) if image else artifacts.need("test_image.inc")
    sources = {"main.c": main_c.read(main), "test_image.inc": main_c.read(image)}
    return assemble(place(board, weights, hot_loops), facts, weights, bundle, sources, hot_loops)


def assemble(
    folder: Path, board: Board, weights: str, bundle: Path, sources: dict[str, str], hot_loops: str = "flash"
) -> Project:
    """Copy a board's project to `folder`, with a bundle and the texts of more files in its source/; raises as `prepare` does."""
    for what, word in (("weights", weights), ("hot loops", hot_loops)):
        if word not in WEIGHTS:
            raise BadParameter(f"{what} can lie in {' or '.join(WEIGHTS)}, not {word!r}")
    build_paths.check(folder)
    files = _bundle_files(bundle)
    object_file.check_core(files[".o"], board)
    hot = code_in_ram.find(files[".o"], board) if hot_loops == "ram" else []
    with artifacts.replacing_folder(folder) as fresh:
        shutil.copytree(artifacts.PROJECTS / board.name, fresh, dirs_exist_ok=True)
        shutil.copytree(artifacts.PROJECTS / "common", fresh / "common")
        (fresh / "source").mkdir(exist_ok=True)
        for file in files.values():
            shutil.copyfile(file, fresh / "source" / file.name)
        if hot:
            code_in_ram.rename(fresh / "source" / files[".o"].name, hot)
        for name, text in sources.items():
            main_c.write(fresh / "source" / name, text)
    return Project(folder, board, weights, bundle_header.read(folder / "source" / files[".h"].name), hot_loops)


def place(board: str, weights: str, hot_loops: str = "flash") -> Path:
    """Return a project's folder: build/firmware/<board>-<weights>, with -hot-loops if those run from RAM."""
    return artifacts.build("firmware", f"{board}-{weights}{'-hot-loops' if hot_loops == 'ram' else ''}")


def road_bundle(board: Board) -> Path:
    """Return the road's bundle for a board: in the form that board.toml names, if it was compiled, else its core's bundle."""
    small = artifacts.build(f"bundle_{board.form.replace('-', '_')}")
    if board.form and small.is_dir():
        return small
    return artifacts.need("bundle_m7" if board.core == "cortex-m7" else "bundle_m0")


def _bundle_files(bundle: Path) -> dict[str, Path]:
    """Return the three files of a bundle that a project needs, by their ending."""
    header = bundle_header.in_folder(bundle)
    return {ending: header.beside(ending) for ending in (".h", ".o", ".weights.txt")}


def patch(project: Project, steps=None, dry_run: bool = False) -> main_c.Patched:
    """Apply the note's steps (all of the board's if None) to the project's main.c; see main_c.patch_file."""
    return main_c.patch_file(project.source, project.target, steps or project.steps, dry_run)


def build(project: Project, compiler: str = "zig", console: str = "uart", sdk: Path | None = None) -> elf.Sizes:
    """Build the project's ELF, .bin and .hex through CMake, and .uf2 for a board that takes it; returns the program's bytes.

    compiler: "zig" (clang of the ziglang wheel) or "gcc" (arm-none-eabi-gcc, where it is installed). console: where PRINTF
    goes, "uart" or "semihosting" (a debugger must be attached). sdk: folder of an installed MCUXpresso SDK that supplies
    start-up code, drivers and board files in place of the project's own; gcc's builds take it from MCUX_SDK if None. Raises
    DoesNotFit with the bytes that are missing, or ToolFailed with the first error; then no older output is left either.
    """
    build_paths.check(project.folder)
    options = _build_options(compiler, console, sdk)
    shutil.rmtree(project.elf.parent, ignore_errors=True)
    (project.folder / REFUSAL).unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(dir=project.folder, prefix=".build-") as scratch:
        try:
            for command in build_commands(project.folder, Path(scratch), compiler, options=options):
                _run(command, project)
        except DoesNotFit as error:
            artifacts.write_text(project.folder / REFUSAL, f"{error.what}\n")
            raise
        with artifacts.replacing_folder(project.elf.parent) as output:
            for ending in (".elf", ".bin", ".hex"):
                shutil.copyfile(Path(scratch, project.board.name + ending), output / (project.board.name + ending))
            if project.board.uf2_family:
                elf_file = output / f"{project.board.name}.elf"
                artifacts.write_bytes(elf_file.with_suffix(".uf2"), uf2.of_program(elf_file, project.board))
    return elf.read(project.elf, project.board).sizes


def _build_options(compiler: str, console: str, sdk: Path | None) -> dict[str, str]:
    """Return CMake's variables for `build`, checked; raises BadParameter, MissingInput or ToolFailed."""
    for what, word, known in (("compiler", compiler, TOOLCHAINS), ("console", console, CONSOLES)):
        if word not in known:
            raise BadParameter(f"there is no {what} {word!r}", remedy=f"choose one of {', '.join(known)}")
    if compiler == "gcc" and not toolchain.arm_gcc():
        raise ToolFailed("arm-none-eabi-gcc is not installed", remedy='use compiler="zig", or put it on PATH')
    if sdk and compiler != "gcc":
        raise BadParameter("an MCUXpresso SDK is written for GCC", remedy='build with compiler="gcc"')
    sdk = sdk or (os.environ.get("MCUX_SDK") if compiler == "gcc" else None)
    if sdk and not Path(sdk).is_dir():
        raise MissingInput("is no folder of an MCUXpresso SDK", where=f"MCUX_SDK={sdk}", remedy="unset or correct it")
    return {"CONSOLE": console, **({"MCUX_SDK": Path(sdk).resolve().as_posix()} if sdk else {})}


def build_commands(folder: Path, output: Path, compiler: str, common: Path | None = None, options=()) -> list[list]:
    """Return CMake's two commands, configure and build, as one would type them in a shell; they write to `output`.

    common: the folder of what all boards share, the project's own if None. options: more variables for CMake.
    """
    program = Path(cmake.CMAKE_BIN_DIR) / "cmake"
    settings = {
        "CMAKE_TOOLCHAIN_FILE": (common or folder / "common") / "cmake" / TOOLCHAINS[compiler],
        "CMAKE_MAKE_PROGRAM": Path(ninja.BIN_DIR) / "ninja",
    }
    if compiler == "zig":
        settings["ZIG"] = toolchain.zig()
    flags = [f"-D{name}={value.as_posix()}" for name, value in settings.items()]
    flags += [f"-D{name}={value}" for name, value in dict(options).items()]
    return [[program, "-G", "Ninja", "-S", folder, "-B", output, *flags], [program, "--build", output]]


def _run(command: list, project: Project) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(words, env=toolchain.environment(), capture_output=True, text=True, errors="replace")
    if done.returncode:
        where = artifacts.shown(project.folder)
        # On a full disk CMake's and Ninja's own files are truncated, and their messages mislead.
        if toolchain.is_full(project.folder):
            raise ToolFailed("the build stopped: the disk is full", where=where, remedy="make room, and build again")
        chosen = {"the weights": project.weights, "the hot loops": project.hot_loops}
        in_ram = tuple(what for what, memory in chosen.items() if memory == "ram")
        raise link_errors.explain(done.stdout + done.stderr, project.board, where, in_ram)


def make(
    board: str,
    bundle=None,
    weights: str = "flash",
    image=None,
    compiler: str = "zig",
    hot_loops: str = "flash",
    **options,
) -> Project:
    """Prepare, patch and build a project in one call; returns it ready to run. options: those of `build`."""
    project = prepare(board, bundle, weights, image, hot_loops=hot_loops)
    patch(project)
    build(project, compiler, **options)
    return project


def opened(board: str, weights: str, hot_loops: str = "flash") -> Project:
    """Return the board's project in build/firmware/; raises MissingInput if none has been prepared."""
    folder = artifacts.need(f"firmware/{place(board, weights, hot_loops).name}")
    header = bundle_header.in_folder(folder / "source")
    return Project(folder, boards.load(board), weights, header, hot_loops)


def refusal(board: str, weights: str) -> str | None:
    """Return the last build's message if the board is too small, such as "lacks 8 bytes of RAM on ..."."""
    path = place(board, weights) / REFUSAL
    return path.read_text().strip() if path.is_file() else None


def make_all(names: list[str], main: Path = START, compiler: str = "zig") -> dict[tuple[str, str], Project]:
    """Prepare, patch and build each board's project with the weights in flash and in RAM, by (board, weights).

    A project that does not fit is left out; `refusal` says by how much.
    """
    made = {}
    for name, weights in itertools.product(names, WEIGHTS):
        project = prepare(name, weights=weights, main=main)
        patch(project)
        with contextlib.suppress(DoesNotFit):
            build(project, compiler)
            made[name, weights] = project
    return made


def memory_use(project: Project) -> dict[str, dict[str, int]]:
    """Return the bytes of each part of the built program: {"flash": {part: bytes}, "RAM": {part: bytes}}, largest parts named.

    The network's own parts come from its bundle (network_bytes.py measures the same by building without it). RAM includes the
    space reserved for the stack, and for a heap, which only an SDK's programs have; it excludes constants in flash.
    """
    program = elf.read(project.elf, project.board)
    code = object_file.functions(project.header.beside(".o"))
    network = sum(function.size for function in program.functions if function.name in code)
    data = {name: program.symbols[symbol].size for symbol, name in DATA.items()}
    constant = {name for symbol, name in DATA.items() if project.board.flash.holds(program.symbols[symbol].address)}
    parts = ("image", "input and output", "activations", "constant weights")
    in_ram = {name: data[name] for name in parts if name not in constant}
    hot = sum(each.size for each in program.functions if not project.board.flash.holds(each.address))
    in_ram |= {"network's code": hot} if hot else {}
    heap = sum(size for name, _, size, _ in program.sections if name.startswith(".heap"))
    in_ram |= {"room for the stack": program.sizes.reserved - heap, "heap": heap}
    in_flash = {"network's code": network, "constant weights": data["constant weights"], "image": data["image"]}
    in_flash["all other code and data"] = program.sizes.flash - sum(in_flash.values())
    in_ram["other variables"] = program.sizes.ram + program.sizes.reserved - sum(in_ram.values())
    return {"flash": in_flash, "RAM": in_ram}


def run(project: Project, **options) -> RunResult:
    """Run the project's ELF on the emulated board until the program ends; raises BoardFault if it does not end.

    options: those of helpers.hardware.emulator.run.run_elf.
    """
    if not project.elf.is_file():
        raise MissingInput("does not exist", where=artifacts.shown(project.elf), remedy="build the project first")
    return run_elf(project.elf, project.board, **options).checked()
