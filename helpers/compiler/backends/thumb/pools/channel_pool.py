"""Maximum pools of any window and any number of channels: element by element, as many in a row as keep the code short.

Registers: r0 a window's first element, r1 the output, r2 the largest so far, r3 an element, r4 to r7 the ways from r0 to the
elements of the window; r8 the end of a row of windows, r9 rows to go, r10 channels to go.
"""

from helpers.compiler.backends.thumb.assembler.assembly import Assembly, Cursor
from helpers.compiler.backends.thumb.pools.layer import PoolLayer

HELD = ("r4", "r5", "r6", "r7")
STORE_REACH = {1: 31, 2: 62}  # largest offset of strb and strh
IN_A_ROW = 4  # elements that have code of their own, about


def emit(asm: Assembly, layer: PoolLayer) -> None:
    """The loops of a PoolLayer (r0: input, r1: output); they change lr."""
    source, target, (down, along) = layer.source, layer.target, layer.window.strides
    channels, row_bytes = source.shape[2], layer.columns * along * source.column_step
    asm.comment(f"{layer.name}: element by element")
    asm.advance("r0", source.base, "r2")
    asm.advance("r1", target.base, "r2")
    reach = _Reach(asm, layer)
    reach.hold()
    _count_from(asm, "r9", layer.rows)
    row = asm.here()
    asm.advance_from("r2", "r0", row_bytes)
    asm.emit("mov r8, r2")
    windows = max(n for n in range(1, IN_A_ROW + 1) if layer.columns % n == 0 and (n == 1 or n * channels <= IN_A_ROW))
    again = asm.here()
    _windows(asm, layer, reach, windows)
    asm.emit("cmp r0, r8")
    asm.loop_back("ne", again)
    asm.advance("r0", down * source.row_step - row_bytes, "r2")
    asm.advance("r1", target.row_step - layer.columns * target.column_step, "r2")
    _count(asm, "r9", row)


def _windows(asm: Assembly, layer: PoolLayer, reach: "_Reach", count: int) -> None:
    """Every channel of as many windows; both pointers move on to the next window."""
    channels, along, step = layer.source.shape[2], layer.window.strides[1], layer.target.channel_step
    rounds, rest = divmod(channels, IN_A_ROW) if channels > 2 * IN_A_ROW else (0, channels)
    if rounds:
        _count_from(asm, "r10", rounds)
        again = asm.here()
        out = Cursor(asm, "r1", "r3")
        for channel in range(IN_A_ROW):
            _element(asm, layer, reach, out, channel * step)
            asm.emit("adds r0, #1")
        out.move_to(IN_A_ROW * step)
        _count(asm, "r10", again)
    out, at = Cursor(asm, "r1", "r3"), channels - rest
    for window in range(count):
        for channel in range(channels - rest, channels):
            asm.advance("r0", window * along * channels + channel - at, "r3")
            at = window * along * channels + channel
            _element(asm, layer, reach, out, window * layer.target.column_step + (channel - channels + rest) * step)
    asm.advance("r0", count * along * channels - at, "r3")
    out.move_to(count * layer.target.column_step - (channels - rest) * step)


def _element(asm: Assembly, layer: PoolLayer, reach: "_Reach", out: Cursor, offset: int) -> None:
    """The largest element under the window at r0, stored."""
    reach.largest()
    asm.advance("r2", layer.offset_change, "r3")
    width = layer.target.element
    asm.emit(f"str{'bh'[width - 1]} r2, [r1, #{out.reach(offset, STORE_REACH[width])}]")


class _Reach:
    """How a window's elements are reached from r0: every one by a register, or every column, from a pointer to the row."""

    def __init__(self, asm: Assembly, layer: PoolLayer):
        self.asm, self.load = asm, "ldrb" if layer.source.storage_offset else "ldrsb"
        (rows, columns), (down, along) = layer.window.kernel, layer.window.dilations
        self.line = down * layer.source.row_step
        lines, places = (
            [row * self.line for row in range(rows)],
            [n * along * layer.source.column_step for n in range(columns)],
        )
        self.lines = [0] if rows * columns <= len(HELD) else lines
        self.places = [line + place for line in lines for place in places] if len(self.lines) == 1 else places
        free = HELD if len(self.lines) == 1 else HELD[1:]
        self.register = dict(zip(self.places, free, strict=False)) if len(self.places) <= len(free) else {}

    def hold(self) -> None:
        """Load the registers, before the loops."""
        for place, register in self.register.items():
            self.asm.literal(register, place)

    def largest(self) -> None:
        """r2 = the largest element of the window."""
        into = "r2"
        for index in range(len(self.lines)):
            if index == 1:
                self.asm.emit("movs r4, r0")
            if index:
                self.asm.advance("r4", self.line, "r3")
            for place in self.places:
                self._load(into, "r4" if index else "r0", place)
                if into == "r3":
                    done = self.asm.label()
                    self.asm.emit("cmp r2, r3", f"bge {done}", "movs r2, r3")
                    self.asm.place(done)
                into = "r3"

    def _load(self, into: str, line: str, place: int) -> None:
        register = self.register.get(place, into)
        if register == into:
            self.asm.literal(into, place)
        self.asm.emit(f"{self.load} {into}, [{line}, {register}]")


def _count_from(asm: Assembly, register: str, count: int) -> None:
    asm.literal("r2", count)
    asm.emit(f"mov {register}, r2")


def _count(asm: Assembly, register: str, label: str) -> None:
    asm.emit(f"mov r2, {register}", "subs r2, #1", f"mov {register}, r2")
    asm.loop_back("ne", label)
