"""Short names of layers for readers: conv_1 in place of mnist_nxp_sequential_conv_1_BiasAdd__2."""

_MARK = (
    "sequential_"  # Keras puts its model's name in front of a layer's; the compiler may put the bundle's before that
)
_TWO_WORDS = ("max", "average", "global")  # pooling layers: max_pooling_1 is one name


def layer(name: str) -> str:
    """Return the Keras layer of a node, a value or a bundle's function; "" if its name contains none.

    A result's number (`:0`) is left out.
    """
    _, mark, rest = name.partition(":")[0].partition(_MARK)
    words = rest.split("_")
    return "_".join(words[:3] if words[0] in _TWO_WORDS else words[:2]) if mark else ""


def short(name: str) -> str:
    """Return the layer's name; a ReLU that is its own layer keeps its kind. A name without a layer is returned unchanged."""
    name, found = name.partition(":")[0], layer(name)
    if not found:
        return name
    return f"{found}, ReLU" if name.split("_")[-1] == "Relu" else found


def distinct(names: list[str]) -> list[str]:
    """Return the short name of each; if two short names are equal, both keep their long names."""
    shorts = [short(name) for name in names]
    return [found if shorts.count(found) == 1 else name for name, found in zip(names, shorts, strict=True)]
