"""Why Unicorn stopped, and where the run goes on: exceptions taken at the very instruction, sleep, YIELD, SVC.

Programs that use no exceptions never come here, but for their end. Once an exception may come, every block that could
reach the cycle at which it is due is run instruction by instruction.
"""

from bisect import bisect_left
from functools import partial

from unicorn import UcError
from unicorn.arm_const import UC_ARM_REG_CPSR, UC_ARM_REG_PC

from helpers.hardware.emulator.blocks import JUMP, NOWHERE, Block, is_taken

AFTER_RESET = 0xFFFF_FFFE
FIRST_RETURN_CODE = 0xFFFF_FFE0  # jumps to this address and above are EXC_RETURN while a handler is active
YIELD = b"\x10\xbf"
WFE = b"\x20\xbf"
SINGLE_STORES = (0x5, 0x6, 0x7, 0x8, 0x9)  # the first four bits of STR, STRH and STRB
WIDE_STORE = 0x1F1  # the first nine bits of STR.W, STRH.W and STRB.W with a 12-bit offset


def pause(address: int, cycles: int = 0) -> Block:
    """A block without instructions that lasts `cycles`: what the core does between the program's own blocks."""
    return Block(address, 0, 0, cycles, cycles, JUMP, NOWHERE, 0, 0, False, False, 0, False, False, False, {})


class Stops:
    """Decides at each stop of Unicorn, for one core."""

    def __init__(self, core):
        self.core, self.uc, self.exceptions = core, core.uc, core.exceptions
        self.todo = None  # what a hook has asked for

    def ask(self, what, *arguments) -> None:
        """Stop Unicorn, and do this before the run goes on."""
        self.todo = partial(what, *arguments)
        self.uc.emu_stop()

    def look(self, last: Block, block: Block) -> None:
        """Say, before `block` runs after `last`, when the next exception is due.

        It is to be taken here, or inside the block, or there is none for a while.
        """
        core = self.core
        fetched = block.fetches_going_on if block.address == last.goes_on_at else block.fetches
        now = core.clock_at(0) - fetched * core.wait_states
        number = self.exceptions.ready(now)
        if number is not None:
            core.fetches -= fetched
            core.last = pause(block.address)
            self.ask(self.exceptions.take, number, block.address)
        elif self.exceptions.nvic.waiting:
            core.next_check = 0  # masked: the next block may end that
        elif (due := self.exceptions.due(now)) is not None:
            safe = core.counts_until(due) - core.longest_block
            core.next_check = core.count + max(0, min(safe, core.limits.cycles_left(core)))
            if safe < 0 and not block.spins and self._may_reach(block, due):
                self.ask(self._step, block, due)

    def _may_reach(self, block: Block, due: int) -> bool:
        """Whether the cycle `due` could come before the block ends; every cycle may be a read of the flash."""
        cycles = max(block.cycles, block.cycles_jumping)
        return self.core.clock_at(cycles) + cycles * self.core.wait_states >= due

    def was_taken(self, block: Block) -> bool:
        """Whether the branch to the next instruction that ended `block` was taken."""
        opcode = int.from_bytes(self.uc.mem_read(block.end - 2, 2), "little")
        return is_taken(opcode, self.uc.reg_read(UC_ARM_REG_CPSR))

    def split(self) -> None:
        """End the block behind the store that is being executed, so that what it has changed counts at once."""
        pc, block = self.uc.reg_read(UC_ARM_REG_PC) & ~1, self.core.last
        after = next((address for address in block.offsets if address > pc), None)
        if after is not None and _may_stop_behind(
            bytes(self.uc.mem_read(block.address, block.size)), pc - block.address
        ):
            self.ask(self._cut, block, after)

    def _cut(self, block: Block, pc: int) -> int | None:
        """The run has done the block up to `pc`; count only that."""
        core = self.core
        if block.fetches:
            core.fetches -= -(-block.end // core.unit) + -pc // core.unit
        part = core.new_block(block.address, pc - block.address)
        if part is not None:
            core.last = part
        return pc

    def _step(self, block: Block, due: int) -> int | None:
        """Run a block up to the instruction at which an exception is taken, or to its end."""
        core, pc, count = self.core, block.address, self._leap(block, due)
        while True:
            error, before = self._run(block, pc, count), pc
            pc, count = self.uc.reg_read(UC_ARM_REG_PC) & ~1, 1
            if core.reason is not None:
                return None
            if self.todo is not None or error is not None or not before < pc < block.end:
                return self.go_on(error)
            number = self.exceptions.ready(core.clock_at(block.offsets[pc], pc))
            if number is not None:
                self._cut(block, pc)
                core.close_block(jumped=False)
                return self.exceptions.take(number, pc)

    def _run(self, block: Block, pc: int, count: int) -> UcError | None:
        """Run `count` instructions, with the block hook silent and code that counts them for Unicorn.

        Unicorn counts only in code that it translates from now on. What follows the last instruction must be such code,
        too, or the run goes on through all that is translated already.
        """
        core = self.core
        core.recent, core.stepping = {}, True
        if pc == max(block.offsets):
            self.uc.ctl_flush_tb()
        self.uc.ctl_remove_cache(block.address, block.end)
        try:
            self.uc.emu_start(pc | 1, AFTER_RESET, count=count)
        except UcError as error:
            return error
        finally:
            core.stepping = False
            self.uc.ctl_remove_cache(block.address, block.end)
        return None

    def _leap(self, block: Block, due: int) -> int:
        """Instructions of the block that surely end before the cycle `due`."""
        if self.core.scale != 1:
            return 1  # Unicorn counts an IT and what depends on it as one
        room = (due - self.core.clock_at(0)) // (1 + self.core.wait_states)
        return max(1, bisect_left(list(block.offsets.values()), room))

    def go_on(self, error: UcError | None) -> int | None:
        """The address at which the run goes on, or None if it has ended."""
        todo, self.todo = self.todo, None
        if todo is not None:
            return todo()
        core, pc = self.core, self.uc.reg_read(UC_ARM_REG_PC) & ~1
        if pc >= FIRST_RETURN_CODE and self.exceptions.nvic.active:
            returned_from = max(core.last.offsets, default=core.last.address)
            core.close_block(jumped=True)
            return self.exceptions.leave(pc | 1, returned_from)
        if core.last.end == pc and core.last.waits:
            return self._wait(pc)
        if core.last.end == pc and self.uc.mem_read(pc - 2, 2) == YIELD:
            core.limits.stops += 1
            core.limits.check(core)
            return pc
        if error is None and pc != AFTER_RESET:
            return pc
        core.stop_with_fault(core.traps.explain(error))
        return None

    def _wait(self, pc: int) -> int | None:
        """WFE falls through if there was an event, and clears it; else it sleeps, as WFI does."""
        if self.uc.mem_read(pc - 2, 2) == WFE and self.exceptions.event:
            self.exceptions.event = False
            return pc
        self.core.close_block(jumped=False)
        return self.exceptions.sleep(pc)

    def spin(self, block: Block) -> None:
        """The program jumps to itself: sleep if an exception may end that, else it has ended."""
        if self.exceptions.armed or self.exceptions.nvic.active:
            self.core.last = pause(block.address)
            self.ask(self.exceptions.sleep, block.address, True)
        else:
            self.core.stop("idle")

    def supervisor_call(self, pc: int) -> int | None:
        """SVC, with `pc` behind it."""
        self.core.close_block(jumped=False)
        return self.exceptions.supervisor_call(pc)


def _may_stop_behind(code: bytes, offset: int) -> bool:
    """Whether a store is over once its access is: no list, no write-back, no IT before it."""
    halfwords = [int.from_bytes(code[i : i + 2], "little") for i in range(0, offset + 2, 2)]
    if any(halfword >> 8 == 0xBF and halfword & 0xF for halfword in halfwords[:-1]):
        return False
    return halfwords[-1] >> 12 in SINGLE_STORES or halfwords[-1] >> 7 == WIDE_STORE
