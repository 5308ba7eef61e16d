"""Set how main.c passes the input: copied to the mutable region, or read in place."""

import re

from helpers.firmware.main_c import source
from helpers.firmware.main_c.m7_steps import INPUT_IN_PLACE, Lost, need
from helpers.firmware.main_c.target import Target

_COPY = r"(?P<this>\bmemcpy\s*\(\s*(?P<to>\w+)\s*,\s*(?P<image>\w+)\s*,[^;]*\))\s*;"
_ARRAY = r"(?P<this>(?:\bconst\s+)?)\buint8_t\s+%s\s*\["


def reads_in_place(text: str) -> bool:
    """Whether a main.c already passes the input's address."""
    return bool(source.find(text, INPUT_IN_PLACE))


def place_input(text: str, target: Target) -> str:
    """Pass the image's address in the mutable region, and keep the image, which is never written, in flash.

    If the bundle expects a copy, do the opposite.
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
