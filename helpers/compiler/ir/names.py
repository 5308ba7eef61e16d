"""Names of tensors and nodes as Glow writes them."""

import re


def legal_name(name: str) -> str:
    """Return Glow's name for a tensor or node: [A-Za-z0-9_] only, and no digit in front."""
    legal = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return f"A{legal}" if legal[:1].isdigit() else legal


def unique(name: str, taken: set[str], original: set[str]) -> str:
    """Return a legal name that is not taken.

    A clash gets __1, __2, ... as in Glow, in place of such a number at the end, unless it is an original name, of a node in the
    file.
    """
    legal = legal_name(name)
    base = legal if legal in original else re.sub(r"__[0-9]*$", "", legal)
    count = 0
    while legal in taken:
        count += 1
        legal = f"{base}__{count}"
    return legal
