"""What Unicorn cannot go on from by itself: calls of the debugger and of the supervisor, and what the core would fault on."""

from unicorn import UC_ERR_INSN_INVALID, UcError
from unicorn.arm_const import UC_ARM_REG_CPSR, UC_ARM_REG_PC

from helpers.hardware.emulator import semihosting
from helpers.hardware.emulator.bus import describe_access
from helpers.hardware.emulator.exceptions.stops import FIRST_RETURN_CODE

THUMB = 1 << 5
SVC, NO_CODE, UNALIGNED, BKPT, RETURN = 2, 3, 4, 7, 8  # Unicorn's numbers


class Traps:
    """The hooks for these, of one core."""

    def __init__(self, core):
        self.core = core

    def on_invalid(self, uc, kind: int, address: int, size: int, value: int, _) -> bool:
        """An access to where nothing is mapped, or the jump by which a handler returns."""
        if address < FIRST_RETURN_CODE or not self.core.exceptions.nvic.active:
            self.core.stop_with_fault(describe_access(kind, address, size))
        return False

    def on_interrupt(self, uc, number: int, _) -> None:
        """An exception as Unicorn numbers them."""
        core, pc = self.core, uc.reg_read(UC_ARM_REG_PC) & ~1
        opcode = int.from_bytes(uc.mem_read(pc, 2), "little") if number == BKPT else 0
        if opcode == semihosting.OPCODE:
            semihosting.serve(core, pc)
        elif number == BKPT:
            core.stop("breakpoint")
        elif number == UNALIGNED:
            core.stop_with_fault("unaligned access")
        elif number == SVC:
            core.stops.ask(core.stops.supervisor_call, pc)
        elif number in (NO_CODE, RETURN) and pc >= FIRST_RETURN_CODE and core.exceptions.nvic.active:
            uc.emu_stop()
        elif number == NO_CODE:
            core.stop_with_fault(f"jump to {pc:#010x}, where the board has no memory")
        else:
            core.stop_with_fault(f"exception {number}")

    def explain(self, error: UcError | None) -> str:
        """Why Unicorn went no further, in words."""
        if error is None:
            return "the reset handler returned to nowhere"
        if not self.core.uc.reg_read(UC_ARM_REG_CPSR) & THUMB:
            return "jump to an even address: not Thumb code"
        return "undefined instruction" if error.errno == UC_ERR_INSN_INVALID else str(error)
