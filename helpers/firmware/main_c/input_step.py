"""How main.c hands over the input: copied to the mutable region, or read where it lies."""

import re

from helpers.firmware.main_c import source
from helpers.firmware.main_c.m7_steps import INPUT_IN_PLACE, Lost, need
from helpers.firmware.main_c.target import Target

_COPY = r"(?P<this>\bmemcpy\s*\(\s*(?P<to>\w+)\s*,\s*(?P<image>\w+)\s*,[^;]*\))\s*;"
_ARRAY = r"(?P<this>(?:\bconst\s+)?)\buint8_t\s+%s\s*\["


def reads_in_place(text: str) -> bool:
    """Whether a main.c hands over the input's address already."""
    return bool(source.find(text, INPUT_IN_PLACE))


def place_input(text: str, target: Target) -> str:
    """The image's address goes to where the bundle looks for it, and the image, which nothing writes to, stays in flash.

    For a bundle that wants a copy it is the other way round.
    """
    in_place = target.header.input.in_place
    found = source.find(text, _COPY) + source.find(text, INPUT_IN_PLACE)
    if not found:
        raise Lost("memcpy(inputAddr, imageData, …)")
    image = re.escape(found[0]["image"])
    text = need(source.replace(text, _ARRAY % image, "const " if in_place else ""), f"the array {image}")
    if in_place:
        return source.replace(text, _COPY, lambda m: f"*(const uint8_t **){m['to']} = {m['image']}")[0]
    return source.replace(text, INPUT_IN_PLACE, lambda m: f"memcpy({m['to']}, {m['image']}, sizeof({m['image']}))")[0]
