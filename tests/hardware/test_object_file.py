"""Object files: the right core passes, everything else is refused in one line."""

import pytest

from helpers.common.errors import BadInput
from helpers.hardware import boards, object_file, toolchain


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    """One function compiled for each core, and for this machine."""
    folder = tmp_path_factory.mktemp("objects")
    source = folder / "one.c"
    source.write_text("int twice(int x) { return 2 * x; }\n")
    cpus = {"cortex-m0": "m0", "cortex-m0plus": "m0plus", "cortex-m7": "m7", None: "host"}
    return {name: toolchain.compile_object(source, folder / f"{name}.o", cpu) for cpu, name in cpus.items()}


@pytest.mark.parametrize(
    ("board", "core"), [("ke16z", "m0"), ("ke16z", "m0plus"), ("rt1060", "m0"), ("rt1060", "m0plus"), ("rt1060", "m7")]
)
def test_what_the_core_runs_passes(objects, board, core):
    object_file.check_core(objects[core], boards.load(board))


def test_what_the_core_does_not_run_is_refused(objects):
    with pytest.raises(
        BadInput, match=r"m7\.o: is compiled for Armv7E-M, which FRDM-KE16Z \(cortex-m0plus\) cannot run"
    ):
        object_file.check_core(objects["m7"], boards.load("ke16z"))
    with pytest.raises(
        BadInput, match=r"host\.o: is (not an ELF object file|ET_REL for \w+, not an object file for Arm)"
    ):
        object_file.check_core(objects["host"], boards.load("ke16z"))


@pytest.mark.parametrize("content", [b"", b"text", b"\x7fELF", b"\x7fELF" + bytes(60)])
def test_what_is_no_object_file_is_refused(tmp_path, content):
    path = tmp_path / "bundle.o"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"bundle\.o: is ") as caught:
        object_file.check_core(path, boards.load("ke16z"))
    assert "\n" not in str(caught.value)


def test_a_cut_object_file_is_refused(objects, tmp_path):
    whole = objects["m0"].read_bytes()
    path = tmp_path / "bundle.o"
    for length in range(4, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(BadInput, match="damaged object file|is not an ELF object file"):
            object_file.check_core(path, boards.load("ke16z"))


def test_functions_are_named(objects):
    assert object_file.functions(objects["m0"]) == {"twice"}
