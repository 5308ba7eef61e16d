"""Names of layers for readers: conv_1 in place of mnist_nxp_sequential_conv_1_BiasAdd__2."""

_MARK = (
    "sequential_"  # Keras puts its model's name in front of a layer's; the compiler may put the bundle's before that
)
_TWO_WORDS = ("max", "average", "global")  # pooling layers: max_pooling_1 is one name


def layer(name: str) -> str:
    """The Keras layer that a node, a value or a function of a bundle belongs to; "" if its name tells of none.

    A number of a result (`:0`) is left out.
    """
    _, mark, rest = name.partition(":")[0].partition(_MARK)
    words = rest.split("_")
    return "_".join(words[:3] if words[0] in _TWO_WORDS else words[:2]) if mark else ""


def short(name: str) -> str:
    """The layer's name; a ReLU that is a layer of its own keeps its kind. A name that tells of no layer stays as it is."""
    name, found = name.partition(":")[0], layer(name)
    if not found:
        return name
    return f"{found}, ReLU" if name.split("_")[-1] == "Relu" else found


def distinct(names: list[str]) -> list[str]:
    """The short name of each; where two would be alike, both stay as they are."""
    shorts = [short(name) for name in names]
    return [found if shorts.count(found) == 1 else name for name, found in zip(names, shorts, strict=True)]
