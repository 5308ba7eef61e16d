"""Channel lanes, emitted: the loops over positions and over quads of outputs. Registers: see channel_quad.py."""

from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from helpers.compiler.backends.thumb.buffers import border
from helpers.compiler.backends.thumb.channel_lanes.data import Data, listed
from helpers.compiler.backends.thumb.channel_lanes.elements import (
    COLUMN,
    CONSTANTS,
    FACTORS,
    MASK,
    OUT,
    QUADS,
    ROW,
    SOURCE,
    STREAM,
    TABLE_END,
)
from helpers.compiler.backends.thumb.channel_lanes.plan import ChannelPlan
from helpers.compiler.backends.thumb.channel_lanes.quad import Quad


def emit(asm: Assembly, plan: ChannelPlan, data: Data, behind: bool = False) -> None:
    """The body of a function (r0: input, r1: output, r2: the layer's constants, unless they are to lie behind the code)."""
    layer, window = plan.layer, plan.layer.window
    origin = window.pads[0] * layer.source.row_step + window.pads[1] * layer.source.column_step
    table, frame = asm.label(), FACTORS + 4 * plan.tabled
    asm.emit("push {lr}", f"sub sp, #{frame}")
    if behind:
        asm.address("r2", table)
    asm.emit(f"str r2, [sp, #{STREAM}]")
    asm.emit("movs r4, r1")
    border.fill(asm, layer.target, border.Registers("r4", "r3", ("r2", "r5", "r6", "r7")))
    asm.advance("r0", layer.source.base - origin, "r3")
    asm.advance("r1", layer.target.base, "r3")
    asm.emit(f"str r0, [sp, #{SOURCE}]" if plan.packed else "mov r12, r0", f"str r1, [sp, #{OUT}]")
    _Positions(asm, plan, data).emit()
    asm.emit(f"add sp, #{frame}", "pop {pc}")
    asm.pool()
    if behind:
        asm.table(table, data.words)


class _Positions:
    """The loops over rows and columns of the result; the tables of a bordered layer count them."""

    def __init__(self, asm: Assembly, plan: ChannelPlan, data: Data):
        self.asm, self.plan, self.data, self.layer = asm, plan, data, plan.layer
        self.listed = listed(plan)

    def emit(self) -> None:
        layer = self.layer
        if layer.rows == layer.columns == 1 and not self.plan.bordered:
            self._position()
            return
        if self.listed:
            self._listed()
            return
        self._start(ROW, self.data.rows, layer.rows)
        if self.plan.bordered:
            self._start(TABLE_END, self.data.columns + 8 * layer.columns, 0)
        row = self.asm.here()
        self._start(COLUMN, self.data.columns, layer.columns)
        column = self.asm.here()
        self._position()
        self._step(self._input_step(1), layer.target.column_step - self._stored())
        self._count(COLUMN, column)
        target = layer.target
        back = layer.columns * self._input_step(1)
        self._step(self._input_step(0) - back, target.row_step - layer.columns * target.column_step)
        self._count(ROW, row)

    def _listed(self) -> None:
        """One loop over all positions."""
        layer = self.layer
        self._start(TABLE_END, self.data.columns + 8 * layer.rows * layer.columns, 0)
        self._start(COLUMN, self.data.columns, 0)
        again = self.asm.here()
        self._position()
        self._step(self._input_step(1), layer.target.column_step - self._stored())
        self._count(COLUMN, again)

    def _input_step(self, axis: int) -> int:
        source = self.layer.source
        return self.layer.window.strides[axis] * (source.row_step, source.column_step)[axis]

    def _stored(self) -> int:
        """How far the output pointer has moved within a position."""
        return len(self.layer.bias) * self.layer.target.channel_step

    def _start(self, slot: int, table: int, count: int) -> None:
        """Put a counter, or the place in a table that counts, into the frame."""
        if self.plan.bordered:
            self.asm.emit(f"ldr r2, [sp, #{STREAM}]")
            self.asm.advance("r2", table, "r3")
        else:
            self.asm.literal("r2", count)
        self.asm.emit(f"str r2, [sp, #{slot}]")

    def _count(self, slot: int, label: str) -> None:
        """Go on with the loop unless its table, or its count, is at the end."""
        asm = self.asm
        asm.emit(f"ldr r2, [sp, #{slot}]")
        if self.plan.bordered:
            if slot == ROW:
                asm.emit("adds r2, #8", f"str r2, [sp, #{slot}]", f"ldr r4, [sp, #{STREAM}]")
                asm.advance("r4", self.data.columns, "r3")
            else:
                asm.emit(f"ldr r4, [sp, #{TABLE_END}]")
            asm.emit("cmp r2, r4")
        else:
            asm.emit("subs r2, #1", f"str r2, [sp, #{slot}]")
        asm.loop_back("ne", label)

    def _step(self, source: int, target: int) -> None:
        """Move the input and the output pointer."""
        asm = self.asm
        asm.literal("r2", source)
        if self.plan.packed:
            asm.emit(f"ldr r3, [sp, #{SOURCE}]", "adds r3, r3, r2", f"str r3, [sp, #{SOURCE}]")
        else:
            asm.emit("add r12, r2")
        if target:
            asm.emit(f"ldr r2, [sp, #{OUT}]")
            asm.advance("r2", target, "r3")
            asm.emit(f"str r2, [sp, #{OUT}]")

    def _position(self) -> None:
        asm, plan = self.asm, self.plan
        asm.comment(f"{self.layer.name}: one position, {plan.outputs} channels")
        asm.emit(f"ldr r7, [sp, #{STREAM}]")
        self._find_constants()
        full, rest = divmod(plan.outputs, 4)
        if full > 1:
            asm.advance_from("r2", "r7", plan.quads_bytes(full))
            asm.emit(f"str r2, [sp, #{QUADS}]")
        if full:
            again = asm.here()
            Quad(asm, plan, 4).emit()
            if full > 1:
                asm.emit(f"ldr r2, [sp, #{QUADS}]", "cmp r7, r2")
                asm.loop_back("ne", again)
        if rest:
            Quad(asm, plan, rest).emit()

    def _find_constants(self) -> None:
        """The constants of this kind of position and, at a border, the mask of the units inside."""
        asm = self.asm
        if self.plan.without_constants:
            return
        if self.plan.bordered:
            if not self.listed:
                asm.emit(f"ldr r2, [sp, #{ROW}]", "ldmia r2!, {r3, r4}")
            asm.emit(f"ldr r2, [sp, #{COLUMN}]", "ldmia r2!, {r0, r1}", f"str r2, [sp, #{COLUMN}]", "adds r2, r1, r7")
            if not self.listed:
                asm.emit("ands r0, r3", "adds r2, r2, r4")
            if self.plan.quads > 1:
                asm.emit(f"str r2, [sp, #{CONSTANTS}]", f"str r0, [sp, #{MASK}]")
        if self.plan.tabled and not self.plan.short:
            asm.emit("movs r2, r7")
            asm.advance("r2", self.data.factors, "r3")
            asm.emit(f"str r2, [sp, #{FACTORS}]")
