"""Exceptions: what a handler finds, what it leaves as it was, which one comes first, and what it all costs."""

import dataclasses

import pytest
from unicorn.arm_const import UC_ARM_REG_R4, UC_ARM_REG_R5, UC_ARM_REG_R6, UC_ARM_REG_R7

from helpers.hardware.emulator.run import run_elf

from .program import KE16Z, M0_BOARD, RT1060, assemble, core_after

QUIET = dataclasses.replace(KE16Z, peripherals=())  # no watchdog
BOARDS = [QUIET, dataclasses.replace(M0_BOARD, peripherals=()), RT1060]
ENTRY = {"cortex-m0plus": 15, "cortex-m0": 16, "cortex-m7": 12}
# The rest of the vector table, behind stack and reset.
TABLE = (None, "HardFault", *[None] * 7, "SVC", None, None, "PendSV", "SysTick", "IRQ0", "IRQ1")
START_SYSTICK = (
    "ldr r0, =0xE000E010\nldr r1, ={reload}\nstr r1, [r0, #4]\nstr r1, [r0, #8]\nmovs r1, #7\nstr r1, [r0]\n"
)
END = "movs r0, #0x18\nldr r1, =0x20026\nbkpt #0xab\n.ltorg\n"
PEND = "ldr r0, =0xE000ED04\nmovs r1, #1\nlsls r1, #28\nstr r1, [r0]\n"  # PendSV
ENABLE = "ldr r0, =0xE000E100\nmovs r1, #3\nstr r1, [r0]\n"  # interrupts 0 and 1
PEND_BOTH = "ldr r0, =0xE000E200\nmovs r1, #3\nstr r1, [r0]\n"


def program(tmp_path, body, board=QUIET):
    """A program whose vectors name the handlers that it defines, and for the rest one that loops."""
    handlers = [
        f"{name}_Handler" if f"function {name}_Handler" in body else "Default_Handler" for name in TABLE if name
    ]
    words = ["0" if name is None else handlers.pop(0) for name in TABLE]
    vectors = f'.section .vectors, "a"\n.word {", ".join(words)}\n.text\nfunction Default_Handler\nb .\n'
    return assemble(tmp_path, vectors + f"function Reset_Handler\n{body}", board)


def registers(tmp_path, body, board=QUIET):
    core = core_after(program(tmp_path, body, board), board)
    return [core.uc.reg_read(register) for register in (UC_ARM_REG_R4, UC_ARM_REG_R5, UC_ARM_REG_R6, UC_ARM_REG_R7)]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.core)
def test_a_pended_exception_comes_behind_the_store_that_pends_it(tmp_path, board):
    body = "movs r4, #1\nmovs r5, #0\n" + PEND + "adds r5, r4, #1\n" + END
    handler = "function PendSV_Handler\nmovs r4, #41\nmrs r6, ipsr\nmov r7, lr\nbx lr\n"
    assert registers(tmp_path, body + handler, board) == [41, 42, 14, 0xFFFF_FFF9]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.core)
def test_a_handler_may_change_what_is_stacked_and_the_flags(tmp_path, board):
    body = "movs r2, #2\nmovs r3, #3\nldr r5, =0x12345678\nmov r12, r5\nmovs r5, #0\nmov r4, sp\n" + PEND
    body += "beq 1f\nmovs r5, #1\n1: mov r6, sp\nsubs r4, r6\nadds r6, r2, r3\nmov r7, r12\n" + END
    handler = "function PendSV_Handler\nmovs r0, #9\nmov r1, r0\nmov r2, r0\nmov r3, r0\nmov r12, r0\n"
    handler += "push {r4, lr}\npop {r4, pc}\n"
    # LSLS has left Z clear: the branch is not taken, though the handler's MOVS of 9 would not have set it either.
    assert registers(tmp_path, body + handler, board) == [0, 1, 5, 0x1234_5678]
    zero = handler.replace("movs r0, #9", "movs r0, #0")
    assert registers(tmp_path / "zero", body + zero, board) == [0, 1, 5, 0x1234_5678]


@pytest.mark.parametrize("board", BOARDS[:2], ids=lambda board: board.core)
def test_entry_and_return_cost_what_the_core_takes(tmp_path, board):
    body, handler = PEND + "nop\n" + END, "function PendSV_Handler\nbx lr\n"
    result = run_elf(program(tmp_path, body + handler, board), board, wait_states=0).checked()
    without = run_elf(
        program(tmp_path / "none", "nop\n" * 0 + PEND.replace("#28", "#27") + "nop\n" + END, board),
        board,
        wait_states=0,
    )
    leave, bx = {"cortex-m0plus": (10, 2), "cortex-m0": (11, 3)}[board.core]
    assert result.cycles - without.checked().cycles == ENTRY[board.core] + bx + leave
    assert result.exceptions == 1
    assert result.function("PendSV_Handler").calls == 1
    assert result.cycles == sum(row.cycles for row in result.per_function)


def test_two_at_once_come_by_priority_and_are_chained(tmp_path):
    """Interrupt 1 is the more urgent; interrupt 0 follows without unstacking in between."""
    body = (
        ENABLE
        + "ldr r0, =0xE000E400\nmovs r1, #0x80\nstr r1, [r0]\nmovs r4, #0\nmovs r5, #0\n"
        + PEND_BOTH
        + "nop\n"
        + END
    )
    first = "function IRQ0_Handler\nmovs r5, #10\nadds r5, r4\nbx lr\n"
    second = "function IRQ1_Handler\nadds r4, #1\nadds r6, r5, #5\nbx lr\n"
    path = program(tmp_path, body + first + second)
    core = core_after(path, QUIET)
    assert [core.uc.reg_read(register) for register in (UC_ARM_REG_R4, UC_ARM_REG_R5, UC_ARM_REG_R6)] == [1, 11, 5]
    profile = run_elf(path, QUIET, wait_states=0).function("(exception entry and return)")
    assert profile.cycles == 15 + 7 + 10


def test_a_more_urgent_exception_interrupts_a_handler_and_an_equal_one_waits(tmp_path):
    pend_1 = "ldr r0, =0xE000E200\nmovs r1, #2\nstr r1, [r0]\n"
    body = ENABLE + "{priority}movs r5, #0\nmovs r6, #0\nldr r0, =0xE000E200\nmovs r1, #1\nstr r1, [r0]\nnop\n" + END
    first = "function IRQ0_Handler\npush {r4, lr}\n" + pend_1 + "mov r6, r5\npop {r4, pc}\n.ltorg\n"
    second = "function IRQ1_Handler\nmovs r5, #1\nmov r7, lr\nbx lr\n"
    lower = "ldr r0, =0xE000E400\nmovs r1, #0x40\nstr r1, [r0]\n"
    nested = registers(tmp_path / "nested", body.format(priority=lower) + first + second)
    chained = registers(tmp_path / "chained", body.format(priority="") + first + second)
    assert nested[1:] == [1, 1, 0xFFFF_FFF1]
    assert chained[1:] == [1, 0, 0xFFFF_FFF9]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.core)
def test_primask_keeps_exceptions_away_until_it_is_cleared(tmp_path, board):
    body = "movs r4, #0\ncpsid i\n" + PEND + "nop\nnop\nmov r5, r4\ncpsie i\nmov r6, r4\n" + END
    handler = "function PendSV_Handler\nmovs r4, #1\nbx lr\n"
    assert registers(tmp_path, body + handler, board)[:3] == [1, 0, 1]


def test_basepri_of_the_m7_keeps_the_less_urgent_away(tmp_path):
    body = (
        ENABLE
        + "ldr r0, =0xE000E400\nldr r1, =0x2080\nstr r1, [r0]\nmovs r4, #0\nmovs r5, #0\nmovs r1, #0x40\nmsr basepri, r1\n"
    )
    body += PEND_BOTH + "nop\nmov r6, r4\nmov r7, r5\nmovs r1, #0\nmsr basepri, r1\nnop\n" + END
    handlers = "function IRQ0_Handler\nmovs r4, #1\nbx lr\nfunction IRQ1_Handler\nmovs r5, #1\nbx lr\n"
    assert registers(tmp_path, body + handlers, RT1060) == [1, 1, 0, 1]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.core)
def test_svc_runs_its_handler_and_returns_behind_it(tmp_path, board):
    body = "movs r0, #20\nsvc #7\nadds r5, r0, #1\n" + END
    handler = "function SVC_Handler\nmov r3, sp\nldr r1, [r3, #24]\nsubs r1, #2\nldrb r4, [r1]\n"
    handler += "adds r4, #10\nstr r4, [r3]\nbx lr\n"
    assert registers(tmp_path, body + handler, board)[:2] == [17, 18]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.core)
def test_a_task_on_its_own_stack_is_interrupted_and_goes_on(tmp_path, board):
    body = "ldr r4, =task_stack_top\nmsr psp, r4\nmovs r0, #2\nmsr control, r0\nisb\nmovs r5, #1\n" + PEND
    body += "adds r5, #1\nmov r6, sp\nsubs r4, r6\n" + END
    handler = "function PendSV_Handler\nmrs r7, psp\nmov r3, sp\ncmp r3, r7\nbeq .\nmov r7, lr\nbx lr\n"
    room = ".bss\n.p2align 3\n.space 256\ntask_stack_top:\n.text\n"
    assert registers(tmp_path, body + handler + room, board) == [0, 2, registers_psp(board), 0xFFFF_FFFD]


def registers_psp(board):
    return board.ram[0].origin + 256


def test_the_vector_table_may_move_to_ram(tmp_path):
    body = (
        "ldr r0, =0xE000ED08\nldr r1, =0x20000000\nstr r1, [r0]\nldr r2, =Moved\nstr r2, [r1, #56]\nmovs r4, #0\n"
        + PEND
        + "nop\n"
        + END
    )
    assert registers(tmp_path, body + "function Moved\nmovs r4, #3\nbx lr\n")[0] == 3


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.core)
@pytest.mark.parametrize("waits", [0, 1])
def test_systick_interrupts_a_loop_as_often_as_it_reaches_zero(tmp_path, board, waits):
    loop = "ldr r5, =20000\n1: adds r6, #1\nsubs r5, #1\nbne 1b\nldr r0, =0xE000E010\nmovs r1, #0\nstr r1, [r0]\n"
    body = "movs r4, #0\nmovs r6, #0\n" + START_SYSTICK.format(reload=1999) + loop + END
    handler = "function SysTick_Handler\nadds r4, #1\nbx lr\n"
    path = program(tmp_path, body + handler, board)
    core = core_after(path, board, waits)
    assert core.uc.reg_read(UC_ARM_REG_R6) == 20000
    assert core.uc.reg_read(UC_ARM_REG_R4) == core.exceptions.handled
    elapsed = core.cycles + core.waits
    assert elapsed // 2000 - 1 <= core.exceptions.handled <= elapsed // 2000
    again = core_after(path, board, waits)
    assert (again.cycles, again.waits, again.exceptions.handled) == (core.cycles, core.waits, core.exceptions.handled)


def test_systick_comes_at_the_very_cycle(tmp_path):
    """Straight code of single cycles: the handler reads how far SysTick has gone on since its zero."""
    body = START_SYSTICK.format(reload=99) + "adds r6, #1\n" * 300 + END
    handler = "function SysTick_Handler\nldr r3, =0xE000E018\nldr r5, [r3]\nmov r4, r6\nbx lr\n.ltorg\n"
    path = program(tmp_path, body + handler)
    core = core_after(path, QUIET)
    assert 99 - core.uc.reg_read(UC_ARM_REG_R5) in (17, 18)  # entry 15, LDR 2; the zero itself is a cycle
    assert core.exceptions.handled == 4


def test_a_waiting_program_sleeps_until_systick_and_the_sleep_is_no_work(tmp_path):
    body = "movs r4, #0\n" + START_SYSTICK.format(reload=47999) + "1: wfi\ncmp r4, #10\nblo 1b\n" + END
    handler = "function SysTick_Handler\nadds r4, #1\nbx lr\n"
    result = run_elf(program(tmp_path, body + handler), QUIET).checked()
    assert (result.exit, result.exceptions) == ("semihosting exit", 10)
    assert 479_000 < result.idle_cycles + result.cycles_with_waits < 481_000
    assert result.cycles < 1_000


def test_a_program_that_only_counts_ticks_at_its_end_has_ended(tmp_path):
    body = START_SYSTICK.format(reload=47999) + "b .\n.ltorg\n"
    result = run_elf(program(tmp_path, body + "function SysTick_Handler\nadds r4, #1\nbx lr\n"), QUIET).checked()
    assert (result.exit, result.exceptions) == ("idle", 1000)
    longer = run_elf(program(tmp_path, body + "function SysTick_Handler\nadds r4, #1\nbx lr\n"), QUIET, seconds=2.5)
    assert (longer.checked().exit, longer.exceptions) == ("time is up", 2500)


@pytest.mark.parametrize("wait", ["wfi", "wfe"])
def test_a_masked_exception_ends_a_sleep_without_its_handler(tmp_path, wait):
    body = (
        "movs r4, #0\ncpsid i\n"
        + START_SYSTICK.format(reload=999)
        + f"{wait}\nmov r5, r4\ncpsie i\nnop\nmov r6, r4\n"
        + END
    )
    assert registers(tmp_path, body + "function SysTick_Handler\nadds r4, #1\nbx lr\n")[:3] == [1, 0, 1]


def test_wfe_falls_through_after_sev_and_only_once(tmp_path):
    assert registers(tmp_path, "movs r4, #0\nsev\nwfe\nmovs r4, #1\nwfe\nmovs r4, #2\nb .")[0] == 1
    apart = "movs r4, #0\nsev\nb 1f\n1: wfe\nmovs r4, #1\nb ."
    assert registers(tmp_path / "apart", apart)[0] == 1


def test_sleep_on_exit_goes_back_to_sleep_behind_the_handler(tmp_path):
    body = (
        "movs r4, #0\nldr r0, =0xE000ED10\nmovs r1, #2\nstr r1, [r0]\n"
        + START_SYSTICK.format(reload=9999)
        + "wfi\nmovs r4, #99\n"
        + END
    )
    handler = "function SysTick_Handler\nadds r4, #1\ncmp r4, #5\nblo 1f\n"
    handler += "ldr r0, =0xE000ED10\nmovs r1, #0\nstr r1, [r0]\n1: bx lr\n.ltorg\n"
    result = run_elf(program(tmp_path, body + handler), QUIET).checked()
    assert (result.exit, result.exceptions) == ("semihosting exit", 5)


def test_the_m7_stacks_the_registers_of_its_fpu(tmp_path):
    on = "ldr r0, =0xE000ED88\nldr r1, =0xF00000\nstr r1, [r0]\ndsb\nisb\n"
    body = (
        on
        + "movs r4, #5\nvmov s0, r4\nvmov s15, r4\nmov r4, sp\n"
        + PEND
        + "nop\nmov r7, sp\nsubs r4, r7\nvmov r5, s0\nvmov r6, s15\n"
        + END
    )
    handler = "function PendSV_Handler\nmovs r1, #9\nvmov s0, r1\nvmov s15, r1\nmov r8, lr\nbx lr\n"
    assert registers(tmp_path, body + handler, RT1060)[:3] == [0, 5, 5]


DONE = "nop\n" + END
MOVE_VECTORS = "ldr r0, =0xE000ED08\nldr r1, ={to}\nstr r1, [r0]\n"
RETURN_BY = "function PendSV_Handler\nldr r0, =0xFFFFFFF1\nbx r0\n.ltorg"
AWAY, RAM = MOVE_VECTORS.format(to="0x30000000"), MOVE_VECTORS.format(to="0x20000000")
FAULTS = {
    "no_handler": (PEND + DONE, "", "the handler of PendSV waits for ever"),
    "svc_masked": ("cpsid i\nsvc #0\n" + END, "", "HardFault: SVC while its exception is masked"),
    "bad_return": (PEND + DONE, RETURN_BY, "by 0xfffffff1, which does not fit"),
    "stack_gone": (
        "ldr r0, =0x20002000\nmov sp, r0\n" + PEND + DONE,
        "function PendSV_Handler\nbx lr",
        "where is no RAM",
    ),
    "vector": (AWAY + PEND + DONE, "", "no vector of PendSV at 0x30000038"),
    "even": (RAM + PEND + DONE, "", "vector of PendSV at 0x20000038 holds 0xa5a5a5a5"),
    "thread_return": ("ldr r0, =0xFFFFFFF9\nbx r0\n.ltorg", "", "jump to 0xfffffff8, where the board has no memory"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_an_exception_cannot_do_is_a_fault_of_one_line(tmp_path, name):
    body, handlers, message = FAULTS[name]
    result = run_elf(program(tmp_path, body + handlers), QUIET)
    assert result.exit == "fault"
    assert message in str(result.fault)
    assert "\n" not in str(result.fault)
