"""Semihosting: the calls by which a program prints through the debugger and ends.

Source: Arm, Semihosting for AArch32 and AArch64 (IHI 0100), chapter 5.
"""

from unicorn.arm_const import UC_ARM_REG_PC, UC_ARM_REG_R0, UC_ARM_REG_R1

OPCODE = 0xBEAB  # BKPT 0xAB
OPEN, CLOSE, WRITE_CHARACTER, WRITE_STRING, WRITE, IS_TTY, EXIT, EXIT_EXTENDED = 1, 2, 3, 4, 5, 9, 0x18, 0x20
STRING_LIMIT = 4096
CONSOLE_HANDLE = 1
NO_ERROR, FAILED = 0, 0xFFFF_FFFF


def serve(core, pc: int) -> None:
    """Carry out the call at `pc` and let the program go on behind it, or end it."""
    call, argument = core.uc.reg_read(UC_ARM_REG_R0), core.uc.reg_read(UC_ARM_REG_R1)
    if call in (EXIT, EXIT_EXTENDED):
        core.stop("semihosting exit")
        return
    answers = {OPEN: _open, CLOSE: _nothing, WRITE_CHARACTER: _character, WRITE_STRING: _string, WRITE: _write}
    answers[IS_TTY] = lambda *_: 1
    result = answers.get(call, lambda *_: FAILED)(core, argument)
    core.uc.reg_write(UC_ARM_REG_R0, result)
    core.uc.reg_write(UC_ARM_REG_PC, pc + 2 | 1)


def _memory(core, address: int, size: int) -> bytes:
    if size > STRING_LIMIT or not core.bus.holds(address, size):
        core.stop_with_fault(f"semihosting call on {size} bytes at {address:#010x}, which is not memory")
        return b""
    return bytes(core.uc.mem_read(address, size))


def _open(_core, _argument: int) -> int:
    return CONSOLE_HANDLE


def _nothing(_core, _argument: int) -> int:
    return NO_ERROR


def _character(core, argument: int) -> int:
    for byte in _memory(core, argument, 1):
        core.send(byte)
    return NO_ERROR


def _string(core, argument: int) -> int:
    region = next((region for region in core.bus.memory if region.holds(argument)), None)
    size = min(STRING_LIMIT, region.end - argument) if region else 1
    for byte in _memory(core, argument, size).split(b"\0")[0]:
        core.send(byte)
    return NO_ERROR


def _write(core, argument: int) -> int:
    words = _memory(core, argument, 12)
    handle, address, size = (int.from_bytes(words[i : i + 4], "little") for i in (0, 4, 8))
    if handle not in (CONSOLE_HANDLE, 2):
        return size
    for byte in _memory(core, address, size):
        core.send(byte)
    return NO_ERROR
