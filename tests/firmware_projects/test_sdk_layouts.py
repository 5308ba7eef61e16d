"""NXP's SDK as it is laid out since 25.12: a west workspace with examples/_boards and devices by portfolio and series."""

import subprocess

import pytest

from helpers.common import artifacts
from helpers.common.errors import ToolFailed
from helpers.firmware import projects
from helpers.hardware import toolchain
from helpers.hardware.emulator.run import run_elf

from .test_other_builds import TINY_SDK

pytestmark = pytest.mark.skipif(
    not toolchain.arm_gcc(), reason="arm-none-eabi-gcc is not installed: the SDK's new layout is NOT checked"
)
MOVED = {  # folder in a package: in a workspace
    "devices/MKE16Z4/": "devices/Kinetis/KE/MKE16Z4/",
    "boards/frdmke16z/project_template/pin_mux": "examples/_boards/frdmke16z/project_template/pin_mux",
    "boards/frdmke16z/project_template/": "examples/_boards/frdmke16z/",
    "CMSIS/": "arch/arm/CMSIS/",
    "utilities/": "components/",
}
ADDED = {
    "devices/Kinetis/KE/MKE16Z4/variable.cmake": "mcux_set_variable(soc_series KE)\nmcux_set_variable(soc_periph periph3)\n",
    "devices/Kinetis/KE/periph/PERI_SIM.h": '#error "of another part"\n',
    "devices/Kinetis/KE/periph3/PERI_SIM.h": "",
    "examples/_boards/frdmke16z/board.c": '#include "PERI_SIM.h"\nvoid BOARD_InitDebugConsole(void) {}',
    "examples/_boards/frdmke16z/Kconfig": "",
    "examples/_boards/frdmke16z/demo_apps/hello_world/reconfig.cmake": "",
}


def moved(name: str) -> str:
    """Where a file of a package lies in a workspace."""
    for old, new in MOVED.items():
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name


@pytest.fixture
def workspace(tmp_path):
    """A west workspace with next to nothing in it: mcuxsdk/ beside manifests/."""
    files = {moved(name): text for name, text in TINY_SDK.items()} | ADDED
    for name, text in files.items():
        path = tmp_path / "workspace" / "mcuxsdk" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "workspace" / "manifests").mkdir()
    return tmp_path / "workspace"


@pytest.mark.parametrize("folder", ["mcuxsdk", "."])
def test_a_workspace_is_taken_from_either_folder(workspace, tmp_path, folder):
    options = {"MCUX_SDK": workspace / folder}
    common = artifacts.PROJECTS / "common"
    for command in projects.build_commands(artifacts.PROJECTS / "ke16z", tmp_path / "out", "gcc", common, options):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-500:] + done.stderr[-500:]
    assert run_elf(tmp_path / "out" / "ke16z.elf", "ke16z").checked().console == "hello world.\r\n"


@pytest.mark.parametrize(
    ("board", "gone", "said"),
    [
        (
            "ke16z",
            "drivers/lpuart/fsl_lpuart.h",
            "MCUX_SDK has no fsl_lpuart.h in devices/Kinetis/KE/MKE16Z4/drivers or",
        ),
        (
            "ke16z",
            "components/str/fsl_str.c",
            "MCUX_SDK has no fsl_str.c in devices/Kinetis/KE/MKE16Z4/utilities/str or",
        ),
        ("kv11z", None, "MCUX_SDK has no devices/*/*/MKV11Z7: this SDK is not for kv11z, or its part was not fetched"),
        ("mcxc444", None, "MCUX_SDK has no devices/*/*/MCXC444: this SDK is not for mcxc444"),
    ],
)
def test_what_a_workspace_lacks_is_one_line(on_road, workspace, board, gone, said):
    if gone:
        (workspace / "mcuxsdk" / gone).unlink()
    _refused(board, workspace, said)


def test_a_layout_that_is_not_known_is_one_line(on_road, tmp_path):
    (tmp_path / "sdk" / "devices").mkdir(parents=True)
    _refused(
        "ke16z", tmp_path / "sdk", "MCUX_SDK has neither boards/ and devices/, as a package has, nor examples/_boards/"
    )


def _refused(board, sdk, said) -> None:
    with pytest.raises(ToolFailed) as caught:
        projects.build(projects.prepare(board), "gcc", sdk=sdk)
    assert said in str(caught.value) and "\n" not in str(caught.value)
