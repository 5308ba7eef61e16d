"""The places of inputs, outputs and states in the small forms: in words, and an address for an input read in place."""

from dataclasses import replace

from helpers.compiler.backends import memory_plan
from helpers.compiler.ir.graph import Graph, Value

WORD = POINTER_BYTES = 4


def in_words(graph: Graph, in_place: tuple[Value, ...]) -> memory_plan.Layout:
    """Return the plain form's layout with its mutable region packed to words; in_place: inputs that are only addresses."""
    plain, at = memory_plan.plan(graph), 0
    moved: dict[Value, int] = {}
    state_offset = 0
    for place in sorted(set(plain.mutable.values())):
        values = [value for value, its in plain.mutable.items() if its == place]
        if plain.states and place == plain.state_offset:
            state_offset = at
        moved |= dict.fromkeys(values, at)
        size = POINTER_BYTES if set(values) & set(in_place) else max(value.type.bytes for value in values)
        at += -(-size // WORD) * WORD
    return replace(plain, mutable=moved, mutable_bytes=at, alignment=WORD, in_place=in_place, state_offset=state_offset)
