"""Names of tensors and nodes as Glow writes them."""

import re


def legal_name(name: str) -> str:
    """Return Glow's name for a tensor or node: [A-Za-z0-9_] only, and no digit in front."""
    legal = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return f"A{legal}" if legal[:1].isdigit() else legal
