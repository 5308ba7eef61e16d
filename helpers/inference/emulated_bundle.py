"""Run a Cortex-M bundle on the emulated core without a board: outputs of many inputs, cycles of one."""

import dataclasses
from collections.abc import Callable
from functools import partial

import numpy as np
from unicorn import UC_ARCH_ARM, UC_MODE_THUMB, Uc, UcError
from unicorn.arm_const import (
    UC_ARM_REG_LR,
    UC_ARM_REG_PC,
    UC_ARM_REG_R0,
    UC_ARM_REG_R1,
    UC_ARM_REG_R2,
    UC_ARM_REG_SP,
    UC_CPU_ARM_CORTEX_M0,
    UC_CPU_ARM_CORTEX_M7,
)  # fmt: skip

from helpers.common import artifacts, named_arrays
from helpers.common.errors import BadInput, BoardFault
from helpers.common.named_arrays import Arrays
from helpers.hardware import boards
from helpers.hardware.emulator import timing
from helpers.hardware.emulator.blocks import NOWHERE, Analyst, Block
from helpers.hardware.flat_link import linked
from helpers.inference import bundle_arrays, bundle_header, measurement
from helpers.inference.bundle_header import Placeholder
from helpers.inference.measurement import Counter, Machine, Measurement

# The memory map. Each region has room for networks that fit no real board, so that they can be measured too.
CODE, CONSTANTS, IN_PLACE, MUTABLE, ACTIVATIONS, STACK = (
    0,
    0x0400_0000,
    0x0800_0000,
    0x1000_0000,
    0x1100_0000,
    0x1200_0000,
)
SIZES = {
    CODE: 0x40_0000,
    CONSTANTS: 0x100_0000,
    IN_PLACE: 0x10_0000,
    MUTABLE: 0x40_0000,
    ACTIVATIONS: 0x40_0000,
    STACK: 0x1_0000,
}
RETURN = CODE + SIZES[CODE] - 16
STACK_TOP = STACK + SIZES[STACK]
MODELS = {"cortex-m0": UC_CPU_ARM_CORTEX_M0, "cortex-m0plus": UC_CPU_ARM_CORTEX_M0, "cortex-m7": UC_CPU_ARM_CORTEX_M7}
READS = {
    "code_reads": CODE,
    "constant_reads": CONSTANTS,
    "input_reads": IN_PLACE,
}  # counted apart, by Measurement's names
GUARD = 64  # bytes after the activations that must stay unchanged


class EmulatedBundle:
    """A bundle folder made with -mcpu=cortex-m0 or cortex-m0plus, or with cortex-m7 and the soft float ABI if `core` says so.

    Arm publishes no cycles of the Cortex-M7: there they are those of a model, helpers/hardware/emulator/cortex_m7.
    fetch_bits: bits of code per read of the flash, 32 or 16.
    """

    def __init__(self, folder, mul_cycles: int = 1, core: str = "cortex-m0plus", fetch_bits: int = 32):
        self.header = bundle_header.in_folder(folder)
        self.where = artifacts.shown(folder)
        self.code, self.functions = linked(self.header.beside(".o"), self.header.name, core)
        self.constants = self.header.beside(".weights.bin").read_bytes()
        self._check_sizes()
        self.names = sorted((address, name) for name, address in self.functions.items())
        self.core = core
        facts = {"core": core, "mul_cycles": mul_cycles, "fetch_bits": fetch_bits}
        board = dataclasses.replace(boards.load("ke16z"), **facts)
        self.uc = self._machine()
        self.analyst, self.blocks = Analyst(board, self._code_at), {}

    def _code_at(self, address: int, size: int) -> bytes:
        return self.code[address - CODE : address - CODE + size] if address >= CODE else b""

    def _check_sizes(self) -> None:
        """Raise BadInput if the files do not agree with the header, or are larger than the emulated memory."""
        if len(self.constants) != self.header.constant:
            what = f"has {len(self.constants):,} bytes of weights, and its header claims {self.header.constant:,}"
            raise BadInput(what, where=self.where, remedy="compile the network again with model-compiler")
        wanted = {
            CODE: len(self.code) + 16, CONSTANTS: self.header.constant, MUTABLE: self.header.mutable + GUARD,
            ACTIVATIONS: self.header.activations + GUARD,
            IN_PLACE: sum(each.bytes for each in self.header.placeholders.values() if each.in_place),
        }  # fmt: skip
        for region, size in wanted.items():
            if size > SIZES[region]:
                what = f"needs {size:,} bytes in one region, and the emulated core has {SIZES[region]:,} there"
                raise BadInput(what, where=self.where)

    @property
    def flash_bytes(self) -> int:
        """Bytes of code, of the compiler's library functions that it calls, and of constants."""
        return len(self.code) + len(self.constants)

    def _machine(self) -> Uc:
        uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB, MODELS[self.core])
        for base, size in SIZES.items():
            uc.mem_map(base, size)
        uc.mem_write(CODE, self.code)
        uc.mem_write(CONSTANTS, self.constants)
        return uc

    def run(self, inputs: Arrays, apart: bool = False) -> Arrays:
        """Outputs [n * batch, ...] for n inferences: [n * batch, ...] of each input's element type and shape.

        By placeholder name; the array alone if there is one input, or one output. They are one sequence, from a state of
        zeros; apart: each is a sequence of its own. Raises BadParameter.
        """
        fed, outputs = bundle_arrays.fed(self.header, inputs), []
        for n, arrays in enumerate(zip(*fed.values(), strict=True)):
            if apart or n == 0:
                self.uc.mem_write(MUTABLE + self.header.state_offset, bytes(self.header.state))
            outputs.append(self._infer(self.uc, arrays))
        return bundle_arrays.taken(self.header, [np.stack(each) for each in zip(*outputs, strict=True)])

    def _infer(self, uc: Uc, arrays: tuple[np.ndarray, ...]) -> list[np.ndarray]:
        """Return the bytes of each output of one inference; the activations start with arbitrary contents.

        Raises BoardFault if memory or registers are spoilt.
        """
        at, size, state = ACTIVATIONS, self.header.activations, 0
        if self.header.shared:
            at, size, state = MUTABLE, self.header.mutable, self.header.state
        kept = np.random.default_rng(size).integers(1, 255, size + GUARD, dtype=np.uint8).tobytes()
        uc.mem_write(at, kept[: size - state])
        uc.mem_write(at + size, kept[size:])
        for given, array in zip(self.header.inputs.values(), arrays, strict=True):
            self._hand_over(uc, given, array.tobytes())
        start = (CONSTANTS, MUTABLE, ACTIVATIONS, STACK_TOP, RETURN | 1)
        registers = (UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_SP, UC_ARM_REG_LR)
        saved = {UC_ARM_REG_R0 + n: 0x5A5A0000 + n for n in range(4, 12)}
        for register, value in {**dict(zip(registers, start, strict=True)), **saved}.items():
            uc.reg_write(register, value)
        try:
            uc.emu_start(self.functions[self.header.name] | 1, RETURN)
        except UcError as error:
            place = self.function_at(uc.reg_read(UC_ARM_REG_PC))
            raise BoardFault(f"stopped in {place}: {error}", where=self.where) from None
        if bytes(uc.mem_read(at + size, GUARD)) != kept[size:]:
            raise BoardFault("wrote past the end of the activations", where=self.where)
        if any(uc.reg_read(register) != value for register, value in {**saved, UC_ARM_REG_SP: STACK_TOP}.items()):
            raise BoardFault("did not restore a register", where=self.where)
        read = [bytes(uc.mem_read(MUTABLE + each.address, each.bytes)) for each in self.header.outputs.values()]
        return [np.frombuffer(each, np.uint8) for each in read]

    def _hand_over(self, uc: Uc, given: Placeholder, data: bytes) -> None:
        """Put an input's elements into the mutable region, or their address if they are read in place."""
        if given.in_place:
            uc.mem_write(IN_PLACE, data)
            data = IN_PLACE.to_bytes(4, "little")
        uc.mem_write(MUTABLE + given.address, data)

    def function_at(self, address: int) -> str:
        """Return the function that contains an address."""
        before = [name for start, name in self.names if start <= address]
        return before[-1] if before else f"{address:#010x}"

    def measure(self, inputs: Arrays, counter: Callable[[Machine], Counter] = measurement.counter) -> Measurement:
        """Run one inference with every cycle counted; inputs: with or without their batch, by name if there are several.

        counter: what counts; measurement.Counter does it in Python, more slowly and with the same result.
        """
        uc = self._machine()
        reads = {name: (region, region + SIZES[region] - 1) for name, region in READS.items()}
        for block, _ in self.blocks.values():
            block.returned_to = NOWHERE  # as after a reset, whatever was measured before
        surprise = self.analyst.surprise if self.analyst.costs else None
        counting = counter(Machine(uc, STACK_TOP, reads, partial(self._block, uc), surprise))
        fed = bundle_arrays.fed(self.header, inputs, 1)
        outputs = self._infer(uc, tuple(array[0] for array in fed.values()))
        taken = bundle_arrays.taken(self.header, [each[None] for each in outputs])
        output = named_arrays.each(taken, lambda array: array[0] if len(array) == 1 else array)
        return counting.result(output, RETURN, timing.scale(self.core))

    def _block(self, uc: Uc, address: int, size: int) -> tuple[Block, str]:
        """The block of these bytes of the code, and the function that it belongs to."""
        if (address, size) not in self.blocks:
            block = self.analyst.block(address, bytes(uc.mem_read(address, size)))
            self.blocks[address, size] = (block, self.function_at(address))
        return self.blocks[address, size]
