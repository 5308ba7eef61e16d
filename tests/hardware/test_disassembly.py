"""Machine code as text: the difference that an FPU makes."""

import pytest

from helpers.hardware import disassembly, toolchain


@pytest.fixture
def listing(tmp_path):
    """A function that compiles a line of C for a core and returns its instructions."""

    def make(text, cpu, hard_float=False, flags=("-O2",)):
        source = tmp_path / "x.c"
        source.write_text(text + "\n")
        return disassembly.listing(toolchain.compile_object(source, tmp_path / "x.o", cpu, hard_float, flags))

    return make


def test_a_core_without_fpu_calls_the_library(listing):
    lines = listing("float f(float a, float b) { return a * b; }", "cortex-m0plus")
    assert any("bl" in line and "__aeabi_fmul" in line for line in lines)


def test_a_core_with_fpu_multiplies(listing):
    flags = ("-O2", "-mcpu=cortex_m7+fp_armv8d16")
    lines = listing("float f(float a, float b) { return a * b; }", "cortex-m7", True, flags)
    assert [line.split()[0] for line in lines] == ["vmul.f32", "bx"]


def test_integers_take_one_instruction(listing):
    assert listing("int f(int a, int b) { return a * b; }", "cortex-m0plus")[0].split()[0] == "muls"
