"""When each row of each layer is made, and where it is kept until the next layer has read it."""

from dataclasses import dataclass

from helpers.compiler.backends import packing
from helpers.compiler.backends.streaming.chain import StreamedLayer

WORD = 4  # bytes; rows that move are moved in words


@dataclass(frozen=True)
class RowBuffer:
    """The rows that a layer can see: as many as its window reaches over, moved up after each row of its result.

    row_bytes: from one row to the next, border included; left_bytes: border in front of a row's first element; slots: rows
    held; step: rows that leave with each row of the result. whole: nothing ever leaves (in place, or a result of the network).
    """

    row_bytes: int
    left_bytes: int
    slots: int
    step: int
    whole: bool = False

    @property
    def bytes(self) -> int:
        """Size of the buffer."""
        return self.row_bytes * self.slots


@dataclass(frozen=True)
class Event:
    """A row of a layer's result is made and goes to a slot of the next layer's rows."""

    layer: int
    slot: int


@dataclass(frozen=True)
class Plan:
    """rows[k] is what layer k reads; the first are the input, the last, behind all layers, the network's output.

    places: byte offsets of rows[1:-1] in the activations.
    """

    layers: tuple[StreamedLayer, ...]
    rows: tuple[RowBuffer, ...]
    events: tuple[Event, ...]
    places: tuple[int, ...]
    activations_bytes: int
    buffers: tuple[packing.Buffer, ...]


def plan(layers: list[StreamedLayer]) -> Plan:
    """Row buffers, events and places for a chain of layers."""
    rows = [_in_place(layers[0]), *(_rows(layer) for layer in layers[1:]), _result(layers[-1])]
    events = _events(layers, rows)
    buffers = _buffers(layers, rows, events)
    places, size = packing.packed(buffers)
    return Plan(tuple(layers), tuple(rows), tuple(events), tuple(places), size, tuple(buffers))


def _words(size: int) -> int:
    return -(-size // WORD) * WORD


def _in_place(first: StreamedLayer) -> RowBuffer:
    height, width, channels = first.source
    return RowBuffer(width * channels, 0, height, first.window.strides[0], whole=True)


def _result(last: StreamedLayer) -> RowBuffer:
    height, width, channels = last.result
    return RowBuffer(width * channels, 0, height, 0, whole=True)


def _rows(layer: StreamedLayer) -> RowBuffer:
    """What a layer in the middle reads; a window over everything keeps rows without gaps, as a flat layer wants them."""
    _, width, channels = layer.source
    left, step = layer.window.pads[1], layer.window.strides[0]
    columns = max(left + width, layer.columns_read)
    if layer.result[0] == 1 and not layer.padded:
        return RowBuffer(columns * channels, 0, layer.reach, step)
    return RowBuffer(_words(columns * channels), left * channels, max(layer.reach, step), step)


def _last_needed(layer: StreamedLayer, row: int) -> int:
    """The last row of the input that a row of the result depends on."""
    return min(layer.source[0] - 1, row * layer.window.strides[0] - layer.window.pads[0] + layer.reach - 1)


def _filled(layer: StreamedLayer, row: int) -> int:
    """How many rows of the input must have come before a row of the result: those it sees, and those that its step skips."""
    return row * layer.window.strides[0] - layer.window.pads[0] + max(layer.reach, layer.window.strides[0])


def _wanted(layers: list[StreamedLayer]) -> list[int]:
    """How many rows of each layer anything depends on: a pool may leave out the last ones."""
    wanted = [layers[-1].result[0]]
    for layer in reversed(layers[1:]):
        wanted.insert(0, max(_last_needed(layer, wanted[0] - 1) + 1, 0))
    return wanted


def _events(layers: list[StreamedLayer], rows: list[RowBuffer]) -> list[Event]:
    """The order of the rows: whatever is nearest to the output and can be made is made, so that little has to be kept."""
    wanted, made, events = _wanted(layers), [0] * len(layers), []
    while made[-1] < wanted[-1]:
        ready = [
            k for k, layer in enumerate(layers)
            if made[k] < wanted[k] and (k == 0 or made[k - 1] >= min(wanted[k - 1], _filled(layer, made[k])))
        ]  # fmt: skip
        k = ready[-1]
        slot = made[k]
        if k + 1 < len(layers):
            reader = layers[k + 1].window
            slot += reader.pads[0] - made[k + 1] * reader.strides[0]
        assert 0 <= slot < rows[k + 1].slots, "a row would overwrite one that is still needed"
        events.append(Event(k, slot))
        made[k] += 1
    return events


def _buffers(layers: list[StreamedLayer], rows: list[RowBuffer], events: list[Event]) -> list[packing.Buffer]:
    """The buffers between the layers with their lifetimes in events; one with a border is filled with it at the start."""
    buffers = []
    for k in range(1, len(layers)):
        first = next(at for at, event in enumerate(events) if event.layer == k - 1)
        last = max(at for at, event in enumerate(events) if event.layer == k)
        start = 0 if layers[k].padded else first
        buffers.append(packing.Buffer((), _words(rows[k].bytes), start, last))
    return buffers
