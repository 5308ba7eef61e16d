"""GCC, the debugger's console and NXP's SDK: the same answers from programs that are built otherwise.

By default a project a core; WORKBOOK_ALL_BUILDS=1 (`make test-builds`) builds every board in every way (two minutes).
"""

import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.common.errors import BadParameter, MissingInput, ToolFailed
from helpers.data import images
from helpers.evaluation import results
from helpers.firmware import projects
from helpers.hardware import boards, toolchain
from helpers.hardware.emulator.run import run_elf
from helpers.inference import bundle_header
from helpers.own_network import program

from .conftest import PLACES, REFERENCE, TOO_SMALL

BROAD = os.environ.get("WORKBOOK_ALL_BUILDS") == "1"
SDK = os.environ.get("MCUX_SDK")
SDK_BOARDS = ("k32l2b", "ke02z40m", "ke16z", "kv11z", "mcxc444")
needs_gcc = pytest.mark.skipif(
    not toolchain.arm_gcc(), reason="arm-none-eabi-gcc is not installed: its builds are NOT checked"
)
WAYS = [
    pytest.param("gcc", "uart", marks=needs_gcc),
    pytest.param("gcc", "semihosting", marks=needs_gcc),
    pytest.param("zig", "semihosting"),
]
SHORT = {("gcc", "uart"): ("ke16z", "rt1060"), ("gcc", "semihosting"): (), ("zig", "semihosting"): ("ke16z",)}


def check(project):
    """The project's program gives the answer that real Glow computes."""
    answer = results.read_console(projects.run(project).console)
    assert list(answer.confidences) == list(np.load(REFERENCE / "logits.profile1.test10k.npz")["logits"][0])
    assert answer.top1 == 7


@pytest.mark.parametrize(("compiler", "console"), WAYS)
def test_another_build_gives_the_same_answer(on_road, build, monkeypatch, compiler, console):
    monkeypatch.delenv("MCUX_SDK", raising=False)
    chosen = PLACES if BROAD else [(name, "flash") for name in SHORT[compiler, console]]
    for name, weights in chosen:
        project = projects.prepare(name, weights=weights)
        projects.patch(project)
        projects.build(project, compiler, console)
        assert (b"\xab\xbe" in project.elf.with_suffix(".bin").read_bytes()) == (console == "semihosting")
        check(project)


@needs_gcc
def test_the_main_that_knows_no_network_builds_too(on_road, build):
    shown = images.read_inc(artifacts.build("test_image.inc"))
    for name in boards.all_boards() if BROAD else ["ke04z"]:
        bundle = projects.road_bundle(boards.load(name))
        given = bundle_header.in_folder(bundle).input
        sample = given.scale * (shown.astype(np.float32) - given.offset)
        project = program.make(name, bundle, sample, build / name, compiler="gcc")
        answer = program.answer(project, projects.run(project).console)
        assert list(answer.outputs) == list(np.load(REFERENCE / "logits.profile1.test10k.npz")["logits"][0])


@needs_gcc
def test_gcc_lets_hot_loops_run_from_ram_too(on_road, monkeypatch):
    monkeypatch.delenv("MCUX_SDK", raising=False)
    project = projects.make("ke16z", compiler="gcc", hot_loops="ram")
    assert "network's code" in projects.memory_use(project)["RAM"]
    check(project)


@needs_gcc
@pytest.mark.skipif(not SDK, reason="MCUX_SDK names no MCUXpresso SDK: builds with NXP's own drivers are NOT checked")
def test_nxps_own_startup_and_drivers_give_the_same_answer(on_road):
    chosen = [(name, weights) for name in SDK_BOARDS for weights in boards.WEIGHTS] if BROAD else [("ke16z", "flash")]
    for name, weights in chosen:
        if (name, weights) not in TOO_SMALL:
            project = projects.make(name, weights=weights, compiler="gcc", sdk=SDK)
            assert "BOARD_InitDEBUG_UARTPins" in {function.name for function in projects.run(project).per_function}
            check(project)


# As little of an SDK for the KE16Z as links, in our words. Its PRINTF writes to the debugger's console.
TINY_SDK = {
    "devices/MKE16Z4/system_MKE16Z4.c": "",
    "devices/MKE16Z4/gcc/startup_MKE16Z4.S": """
        .syntax unified
        .section .isr_vector, "a"
        .long __StackTop, Reset_Handler
        .text
        .thumb_func
        .globl Reset_Handler
        .type Reset_Handler, %function
        Reset_Handler: ldr r0, =main
        blx r0
        b .
        .pool
    """,
    "devices/MKE16Z4/gcc/MKE16Z64xxx4_flash.ld": """
        MEMORY { m_text (rx) : ORIGIN = 0, LENGTH = 64K
                 m_data (rwx) : ORIGIN = 0x1FFFF800, LENGTH = 8K }
        SECTIONS { .text : { KEEP(*(.isr_vector)) *(.text*) *(.rodata*) *(.init) *(.fini) } > m_text
                   .data : { *(.data*) } > m_data AT > m_text
                   .bss : { __bss_start__ = .; *(.bss*) *(COMMON) __bss_end__ = .; end = .; } > m_data
                   __StackTop = ORIGIN(m_data) + LENGTH(m_data); }
    """,
    "boards/frdmke16z/project_template/board.c": "void BOARD_InitDebugConsole(void) {}",
    "boards/frdmke16z/project_template/board.h": "void BOARD_InitDebugConsole(void);",
    "boards/frdmke16z/project_template/clock_config.c": "void BOARD_InitBootClocks(void) {}",
    "boards/frdmke16z/project_template/clock_config.h": """
        #define BOARD_BOOTCLOCKRUN_CORE_CLOCK 48000000U
        void BOARD_InitBootClocks(void);
    """,
    "boards/frdmke16z/project_template/pin_mux.c": "void BOARD_InitDEBUG_UARTPins(void) {}",
    "boards/frdmke16z/project_template/pin_mux.h": "void BOARD_InitDEBUG_UARTPins(void);",
    "CMSIS/Core/Include/core_cm0plus.h": "",
    **{f"devices/MKE16Z4/drivers/fsl_{name}.h": "" for name in ("clock", "common", "gpio", "port", "smc")},
    "drivers/common/fsl_common_arm.h": "",
    "drivers/lpuart/fsl_lpuart.h": "",
    "drivers/lpuart/fsl_lpuart.c": "#ifndef CPU_MKE16Z64VLF4\n#error which part?\n#endif\n",
    "components/uart/fsl_adapter_lpuart.c": "",
    "utilities/debug_console_lite/fsl_debug_console.h": "int PRINTF(const char *text);",
    "utilities/debug_console_lite/fsl_debug_console.c": """
        int PRINTF(const char *text) {
            register unsigned call __asm("r0") = 4;
            register const char *place __asm("r1") = text;
            __asm volatile("bkpt 0xAB" : "+r"(call) : "r"(place) : "memory");
            return 0;
        }
    """,
    "utilities/str/fsl_str.c": "",
}


@pytest.fixture
def tiny_sdk(tmp_path):
    """A folder that is laid out as an SDK, with next to nothing in it."""
    for name, text in TINY_SDK.items():
        path = tmp_path / "sdk" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "sdk"


@pytest.mark.skipif(
    not toolchain.arm_gcc(), reason="arm-none-eabi-gcc is not installed: the use of an SDK is NOT checked"
)
def test_an_sdk_takes_the_place_of_the_projects_own_files(tiny_sdk, tmp_path):
    folder, common = artifacts.PROJECTS / "ke16z", artifacts.PROJECTS / "common"
    for command in projects.build_commands(folder, tmp_path / "out", "gcc", common, {"MCUX_SDK": tiny_sdk}):
        subprocess.run([str(word) for word in command], check=True, capture_output=True)
    assert run_elf(tmp_path / "out" / "ke16z.elf", "ke16z").checked().console == "hello world.\r\n"


@pytest.mark.skipif(
    not toolchain.arm_gcc(), reason="arm-none-eabi-gcc is not installed: the use of an SDK is NOT checked"
)
@pytest.mark.parametrize(
    ("board", "gone", "said"),
    [
        (
            "ke16z",
            "drivers/lpuart/fsl_lpuart.h",
            "MCUX_SDK has no fsl_lpuart.h in devices/MKE16Z4/drivers or drivers/lpuart",
        ),
        (
            "kv11z",
            None,
            "MCUX_SDK has no system_MKV11Z7.c in devices/MKV11Z7: name the folder of an SDK for the board of kv11z",
        ),
        ("lpc845", None, "MCUX_SDK is set, but lpc845 builds from its own files only: leave it out"),
    ],
)
def test_an_sdk_that_is_laid_out_otherwise_is_refused_in_one_line(on_road, tiny_sdk, board, gone, said):
    if gone:
        (tiny_sdk / gone).unlink()
    project = projects.prepare(board)
    with pytest.raises(ToolFailed) as caught:
        projects.build(project, "gcc", sdk=tiny_sdk)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_options_that_do_not_go_together_are_refused(on_road, tiny_sdk, tmp_path, monkeypatch):
    project = projects.prepare("ke16z")
    with pytest.raises(BadParameter, match="no console 'usb'. Choose one of uart, semihosting"):
        projects.build(project, console="usb")
    with pytest.raises(BadParameter, match='SDK is written for GCC. Build with compiler="gcc"'):
        projects.build(project, sdk=tiny_sdk)
    monkeypatch.setattr(toolchain, "arm_gcc", lambda: "gcc")
    monkeypatch.setenv("MCUX_SDK", str(tmp_path / "none"))
    with pytest.raises(MissingInput, match="MCUX_SDK=.*none: is no folder of an MCUXpresso SDK"):
        projects.build(project, "gcc")


SDK_FACTS = {  # board: its folder there, and its linker script
    "k32l2b": ("frdmk32l2b", "K32L2B31A/gcc/K32L2B31xxxxA_flash.ld"),
    "ke02z40m": ("frdmke02z40m", "MKE02Z4/gcc/MKE02Z64xxx4_flash.ld"),
    "ke04z": ("frdmke04z", "MKE04Z4/gcc/MKE04Z8xxx4_flash.ld"),
    "ke16z": ("frdmke16z", "MKE16Z4/gcc/MKE16Z64xxx4_flash.ld"),
    "kv11z": ("frdmkv11z", "MKV11Z7/gcc/MKV11Z128xxx7_flash.ld"),
    "mcxc444": ("frdmmcxc444", "MCXC444/gcc/MCXC444_flash.ld"),
    "lpc845": ("lpc845breakout", "LPC845/gcc/LPC845_flash.ld"),
    "rt1060": ("evkmimxrt1060", "MIMXRT1062/gcc/MIMXRT1062xxxxx_flexspi_nor.ld"),
    "rt1170": ("evkmimxrt1170", "MIMXRT1176/gcc/MIMXRT1176xxxxx_cm7_flexspi_nor.ld"),
}


@pytest.mark.skipif(not SDK, reason="MCUX_SDK names no MCUXpresso SDK: board.toml is NOT compared with NXP's files")
@pytest.mark.parametrize("name", sorted(SDK_FACTS))
def test_board_toml_agrees_with_nxps_sdk(name):
    folder, script = SDK_FACTS[name]
    linker, clocks = Path(SDK, "devices", script), Path(SDK, "boards", folder, "project_template", "clock_config.h")
    if not linker.is_file() or not clocks.is_file():
        pytest.skip(f"this SDK is not for {name}")
    board = boards.load(name)
    regions = {
        region: (int(origin, 16), int(size, 16))
        for region, origin, size in re.findall(
            r"(m_\w+)\s+\(\w+\)\s*: ORIGIN = (0x\w+), LENGTH = (0x\w+)", linker.read_text()
        )
    }
    assert regions["m_interrupts"][0] == board.code_start
    origin, size = regions["m_data"]
    assert origin == board.ram[0].origin
    # Where the LPC845's boot ROM writes when it is called.
    assert size == board.ram[0].size - (32 if name == "lpc845" else 0)
    if board.core == "cortex-m0plus":
        assert sum(regions["m_text"]) == board.flash.end
        found = re.findall(r"define BOARD_BOOTCLOCK\w+_CORE_CLOCK\s+(\d+)U", clocks.read_text())
        assert board.clock_hz in [int(clock) for clock in found]
