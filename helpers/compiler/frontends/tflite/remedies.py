"""What to do about a TFLite operator or kind of quantisation that is not taken."""

from helpers.compiler.frontends.tflite import operators

# docs/networks.md shows the five lines.
DATASET = "convert it with a representative dataset: the five lines are in docs/networks.md"

REAL = "give the network real numbers: keras.Input(shape) without a dtype, and no cast behind it"

_REMEDIES = {
    "WHILE": "convert the model with unroll=True in its recurrent layers",
    "CUSTOM 'ethos-u'": "pass the file that Vela was given: this one holds the code of an Ethos-U in place of layers",
    "CUSTOM 'edgetpu-custom-op'": "pass the file that edgetpu_compiler was given: this one holds the code of an Edge TPU",
}


def of(name: str) -> str:
    """The remedy for an operator by its name."""
    return _REMEDIES.get(name, f"build the model from: {', '.join(sorted(operators.IMPORTERS))}")


def is_hybrid(kinds: list[str]) -> bool:
    """Whether an operator multiplies float32 values by int8 weights, as the converter's dynamic range quantisation writes them.

    kinds: element types of its inputs, the values first.
    """
    return len(kinds) > 1 and kinds[0] == "float" and "int8" in kinds[1:]
