"""What the real core would fault on, or never finish, ends the run with one line: what, where, and the source line."""

import dataclasses
import time

import pytest

from helpers.common.errors import BadParameter, BoardFault
from helpers.hardware.emulator.run import run_elf

from .program import KE16Z, RT1060, assemble

# body after `movs r1, #1` (each in a function `culprit`), what the fault says
FAULTS = {
    "nowhere": ("lsls r1, #30\nldr r0, [r1]", "read of 4 bytes at 0x40000000, where the board has nothing"),
    "below_ram": ("ldr r1, =0x1FFFF7FC\nldr r0, [r1]", "read of 4 bytes at 0x1ffff7fc, where the board has nothing"),
    "above_ram": ("ldr r1, =0x20001800\nstrb r0, [r1]", "write of 1 bytes at 0x20001800, where the board has nothing"),
    "behind_flash": ("ldr r1, =0x10000\nldrh r0, [r1]", "read of 2 bytes at 0x00010000, where the board has nothing"),
    "unknown_register": ("ldr r1, =0x40010000\nstr r0, [r1]", "write of 4 bytes at 0x40010000"),
    "flash": ("movs r1, #0\nstr r0, [r1]", "write of 4 bytes to 0x00000000, which is flash"),
    "word": ("ldr r0, [r1]", "unaligned access"),
    "halfword": ("strh r0, [r1]", "unaligned access"),
    "list": ("movs r1, #2\nldm r1!, {r0, r2}", "unaligned access"),
    "jump": ("ldr r1, =0x20010001\nbx r1", "jump to 0x20010000, where the board has no memory"),
    "not_thumb": ("movs r1, #8\nbx r1", "jump to an even address: not Thumb code"),
    "divide": (".inst.w 0xfbb0f0f1", "'udiv r0, r0, r1' is no instruction of the cortex-m0plus"),
    "compare": (".inst.n 0xb100", "is no instruction of the cortex-m0plus"),  # CBZ, which Unicorn itself would run
    "wide": (".inst.w 0xf2410034", "'movw r0, #0x1034' is no instruction of the cortex-m0plus"),
    "basepri": (".inst.w 0xf3ef8011", "'mrs r0, basepri' is no instruction of the cortex-m0plus"),
    "basepri_write": (".inst.w 0xf3808811", "'msr basepri, r0' is no instruction of the cortex-m0plus"),
    "basepri_max": (".inst.w 0xf3808812", "'msr basepri_max, r0' is no instruction of the cortex-m0plus"),
    "faultmask": (".inst.w 0xf3808813", "'msr faultmask, r0' is no instruction of the cortex-m0plus"),
    "stack_limit": (".inst.w 0xf380880a", "'msr msplim, r0' is no instruction of the cortex-m0plus"),
    "stack_of_the_other_state": (".inst.w 0xf3ef8088", "'mrs r0, msp_ns' is no instruction of the cortex-m0plus"),
    "mask_of_the_other_state": (".inst.w 0xf3808890", "'msr primask_ns, r0' is no instruction of the cortex-m0plus"),
    "mask_faults": (".inst.n 0xb671", "'cpsid f' is no instruction of the cortex-m0plus"),
    "mask_both": (".inst.n 0xb663", "is no instruction of the cortex-m0plus"),
    "undefined": ("udf #1", "is no instruction of the cortex-m0plus"),
    "supervisor": ("cpsid i\nsvc #0", "HardFault: SVC while its exception is masked"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_names_what_and_where(tmp_path, name):
    body, what = FAULTS[name]
    source = f"function Reset_Handler\nbl culprit\nb .\nfunction culprit\nmovs r1, #1\n{body}\nbx lr\n.ltorg"
    result = run_elf(assemble(tmp_path, source), KE16Z)
    assert (result.exit, isinstance(result.fault, BoardFault)) == ("fault", True)
    message = str(result.fault)
    assert what in message
    assert "\n" not in message
    if name not in ("jump", "not_thumb") and ".inst" not in body:  # .inst has no line of its own
        line = (tmp_path / "program.S").read_text().splitlines().index(body.splitlines()[-1]) + 1
        assert f"culprit (program.S:{line})" in message
    with pytest.raises(BoardFault):
        result.checked()


def test_a_reset_handler_that_returns_is_a_fault(tmp_path):
    result = run_elf(assemble(tmp_path, "function Reset_Handler\nnop\nbx lr"), KE16Z)
    assert "the reset handler returned to nowhere" in str(result.fault)


def test_what_was_printed_before_a_fault_is_kept(tmp_path):
    source = 'function Reset_Handler\nmovs r0, #4\nldr r1, =text\nbkpt #0xab\nudf #0\n.ltorg\ntext: .asciz "so far"'
    result = run_elf(assemble(tmp_path, source), KE16Z)
    assert (result.console, result.exit) == ("so far", "fault")


def test_an_endless_loop_meets_the_limit(tmp_path):
    path = assemble(tmp_path, "function Reset_Handler\n1: adds r0, #1\nb 1b")
    result = run_elf(path, KE16Z, instruction_limit=10_000)
    assert "not finished after 10,000 instructions; if it never ends, say how many seconds it may run" in str(
        result.fault
    )
    assert 10_000 <= result.instructions < 10_100


def test_seconds_are_those_of_the_board_and_end_a_run_without_a_fault(tmp_path):
    path = assemble(tmp_path, "function Reset_Handler\n1: adds r0, #1\nb 1b")
    result = run_elf(path, dataclasses.replace(KE16Z, peripherals=()), wait_states=0, seconds=0.001)
    assert (result.exit, result.fault) == ("time is up", None)
    assert 48_000 <= result.cycles < 48_010
    assert result.time_s == pytest.approx(0.001, abs=1e-6)


def test_a_loop_of_yields_meets_the_limit_soon(tmp_path):
    path = assemble(tmp_path, "function Reset_Handler\n1: yield\nb 1b")
    assert "not finished after 10,000 instructions" in str(run_elf(path, KE16Z, instruction_limit=10_000).fault)
    start = time.process_time()
    assert "not finished after 200,000 YIELDs" in str(run_elf(path, KE16Z).fault)
    assert time.process_time() - start < 60


def test_printing_without_end_is_stopped(tmp_path):
    source = "function Reset_Handler\n1: movs r0, #4\nldr r1, =text\nbkpt #0xab\nb 1b\n.ltorg\ntext: .fill 4000, 1, 65\n.byte 0"
    result = run_elf(assemble(tmp_path, source), KE16Z)
    assert "prints without end" in str(result.fault)
    assert len(result.console) <= 1 << 20


@pytest.mark.parametrize(
    ("body", "exit_reason"),
    [
        ("b .", "idle"),
        ("1: nop\nb 1b", "idle"),
        ("1: wfi\nb 1b", "idle"),
        ("wfe", "idle"),
        ("bkpt #0", "breakpoint"),
        ("movs r0, #0x18\nldr r1, =0x20026\nbkpt #0xab\n.ltorg", "semihosting exit"),
        ("ldr r0, =0xE000ED0C\nldr r1, =0x05FA0004\nstr r1, [r0]\nb .\n.ltorg", "reset"),
    ],
)
def test_the_ways_a_program_ends(tmp_path, body, exit_reason):
    result = run_elf(assemble(tmp_path, f"function Reset_Handler\nnop\n{body}"), KE16Z).checked()
    assert result.exit == exit_reason
    assert result.instructions >= 1


SEMIHOSTING = """
function Reset_Handler
ldr r4, =0x20000000
movs r1, #'A'
strb r1, [r4]
movs r0, #3
mov r1, r4
bkpt #0xab
movs r0, #4
ldr r1, =text
bkpt #0xab
movs r0, #1
str r0, [r4]
ldr r0, =text
str r0, [r4, #4]
movs r0, #2
str r0, [r4, #8]
movs r0, #5
mov r1, r4
bkpt #0xab
movs r0, #0x77
bkpt #0xab
b .
.ltorg
text: .asciz "BCD"
"""


def test_semihosting_prints(tmp_path):
    assert run_elf(assemble(tmp_path, SEMIHOSTING), KE16Z).checked().console == "ABCDBC"


@pytest.mark.parametrize("call", [3, 4, 5])
def test_semihosting_from_where_no_memory_is_is_a_fault(tmp_path, call):
    source = f"function Reset_Handler\nmovs r0, #{call}\nldr r1, =0x30000000\nbkpt #0xab\nb .\n.ltorg"
    assert "which is not memory" in str(run_elf(assemble(tmp_path, source), KE16Z).fault)


def test_a_marker_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(BadParameter, match="no symbol 'layer_9'"):
        run_elf(assemble(tmp_path, "function Reset_Handler\nb ."), KE16Z, markers=("layer_9",))


def test_the_m7_may_read_unaligned_words_and_divide(tmp_path):
    source = "function Reset_Handler\nldr r1, =0x60002001\nldr r0, [r1]\nmovs r2, #3\nudiv r0, r0, r2\nb .\n.ltorg"
    assert run_elf(assemble(tmp_path, source, RT1060), RT1060).checked().exit == "idle"


def test_the_system_registers_of_armv6_m_are_there(tmp_path):
    registers = ("apsr", "iapsr", "eapsr", "xpsr", "ipsr", "epsr", "iepsr", "msp", "psp", "primask", "control")
    reads = "\n".join(f"mrs r0, {name}" for name in registers)
    writes = (
        "mrs r0, msp\nmsr msp, r0\nmsr psp, r0\nmsr apsr_nzcvq, r0\nmovs r0, #0\nmsr primask, r0\nmsr control, r0\n"
    )
    path = assemble(tmp_path, f"function Reset_Handler\n{reads}\n{writes}\nisb\ncpsid i\ncpsie i\nb .")
    assert run_elf(path, KE16Z).checked().exit == "idle"


def test_the_m7_has_basepri_and_faultmask(tmp_path):
    body = "mrs r0, basepri\nmsr basepri, r0\nmsr basepri_max, r0\nmsr faultmask, r0\ncpsid f\ncpsie f\nb ."
    assert run_elf(assemble(tmp_path, f"function Reset_Handler\n{body}", RT1060), RT1060).checked().exit == "idle"
