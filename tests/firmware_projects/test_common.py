"""The C that all boards share, compiled for this machine where no board is needed to see that it is right."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.hardware import object_file, toolchain
from helpers.inference.emulated_bundle import EmulatedBundle

COMMON = artifacts.PROJECTS / "common"
CONSOLE = """\
#include "console.h"
#include <stdint.h>
#include <stdio.h>
void console_put(char character) {{ putchar(character); }}
int main(void) {{ int count = console_printf({arguments}); putchar('|'); printf("%d", count); return 0; }}
"""
ROUNDING = """\
#include <stdio.h>
#define nearbyintf bundle_nearbyintf
#include "glow_bundle_utils.c"
#undef nearbyintf
int main(void) { float x; while (scanf("%f", &x) == 1) printf("%.9g\\n", (double)bundle_nearbyintf(x)); return 0; }
"""


def program(folder, *sources, text):
    """A program for this machine from copies of common/ files and a main of the test's own."""
    for name in sources:
        (folder / name).write_bytes((COMMON / name).read_bytes())
    (folder / "main.c").write_text(text)
    inputs = [folder / "main.c", *(folder / name for name in sources if name == "console.c")]
    return toolchain.link_host_program(inputs, folder / "program")


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (r'"class = %d\r\n", 7', "class = 7\r\n"),
        ('"%d %d %d", 0, -128, INT32_MIN', "0 -128 -2147483648"),
        ('"%lu %u", (uint32_t)4294967295u, 0u', "4294967295 0"),
        ('"%x %lx", 0xdeadbeefu, 0u', "deadbeef 0"),
        ('"0.%03u", 42u', "0.042"),
        ('"[%5d] [%05d] [%2d]", -42, -42, -4200', "[  -42] [-0042] [-4200]"),
        ('"%c%s%%", 65, "bc"', "Abc%"),
        ('"%q %"', "q "),
        ('""', ""),
    ],
)
def test_the_console_formats_as_printf_does(tmp_path, arguments, printed):
    path = program(tmp_path, "console.c", "console.h", text=CONSOLE.format(arguments=arguments))
    shown = subprocess.run([str(path)], capture_output=True, check=True).stdout.decode()
    assert shown == f"{printed}|{len(printed)}"


def test_rounding_is_to_the_nearest_and_halves_to_even(tmp_path):
    path = program(tmp_path, "glow_bundle_utils.c", "glow_bundle_utils.h", text=ROUNDING)
    halves = np.arange(-9, 10) / 2
    random = np.random.default_rng(1).uniform(-2e6, 2e6, 200)
    values = np.concatenate([halves, random, [8388607.5, -8388607.5, 8388609.0, 3e38, -3e38]]).astype(np.float32)
    given = "\n".join(f"{value:.9g}" for value in values)
    shown = subprocess.run([str(path)], input=given, capture_output=True, check=True, text=True).stdout
    assert [float(word) for word in shown.split()] == pytest.approx(np.rint(values).tolist(), abs=0, rel=1e-8)


@pytest.mark.parametrize("order", [("glow_bundle_utils.h", "mnist_nxp.h"), ("mnist_nxp.h", "glow_bundle_utils.h")])
def test_the_macros_are_the_bundles_own_in_either_order(road, tmp_path, order):
    """NXP's LeNet example includes the bundle first, its CIFAR-10 example last."""
    source = tmp_path / "order.c"
    lines = [f'#include "{name}"' for name in order]
    source.write_text("\n".join([*lines, "int size(void) { return MNIST_NXP_MEM_ALIGN; }", ""]))
    folders = [f"-I{folder}" for folder in (COMMON, COMMON / "freestanding", road / "bundle_m0")]
    assert toolchain.compile_object(source, tmp_path / "order.o", "cortex-m0plus", flags=folders).is_file()


def test_gnus_names_of_the_library_mean_what_arms_do(road, tmp_path):
    """Real Glow's objects call the library by GNU's names (see gnu_names.c), which zig's library has not."""
    folder = shutil.copytree(road / "bundle_m0", tmp_path / "bundle")
    flags = ["-O1", f"-I{COMMON / 'freestanding'}"]
    source = Path(shutil.copy(Path(__file__).with_name("gnu_names.c"), folder))
    toolchain.compile_object(source, folder / "mnist_nxp.o", "cortex-m0plus", flags=flags)
    defined = object_file.functions(
        toolchain.compile_object(COMMON / "gnu_runtime.c", tmp_path / "all.o", "cortex-m0plus")
    )
    assert {
        name for name in object_file.undefined(folder / "mnist_nxp.o") if not name.startswith("__aeabi_")
    } == defined
    inputs = np.random.default_rng(4).integers(-128, 128, (40, 28, 28, 1), np.int8)
    assert (EmulatedBundle(folder).run(inputs) == 1).all()
