"""-model-input=NAME,TYPE,[SCALE,OFFSET,]SHAPE: an input's type and shape, where the file lacks them or others are wanted."""

import math
import re

from helpers.common.errors import BadParameter
from helpers.compiler.ir.graph import TensorType
from helpers.compiler.ir.names import legal_name

FLOAT = "float"
QUANTISED = {"int8q": "int8", "int16q": "int16"}  # the option's word, and the element type
# The other words of real Glow, and what to do here in place of each.
FLOAT_TOO = "use float: a network computes in float32 or, by a profile, in integers"
NUMBERS = "use float, which takes the same numbers where the network casts them to float"
OTHERS = {
    "float16": FLOAT_TOO,
    "bfloat16": FLOAT_TOO,
    "int32q": "use int8q or int16q: sums and biases have 32 bits, inputs do not",
    "int32": NUMBERS,
    "int64": NUMBERS,
    "bool": NUMBERS,
}
REMEDY = "write it as NAME, as NAME,float,[1,28,28,1] or as NAME,int8q,0.5,-128,[1,28,28,1]"
DIMENSIONS = re.compile(r"\[[0-9]{1,9}(,[0-9]{1,9})*\]")


def names(words: list[str]) -> list[str]:
    """The inputs that the options name, as the graph calls them; raises BadParameter for one named twice."""
    named = [legal_name(word.split(",")[0]) for word in words]
    for name in named:
        if named.count(name) > 1:
            raise BadParameter(f"-model-input names input {name!r} twice", remedy="give each input once")
    return named


def types(words: list[str]) -> dict[str, TensorType]:
    """Type by the graph's name of the inputs whose option says more than the name; raises BadParameter for a wrong form."""
    return {legal_name(word.split(",")[0]): _type(word) for word in words if "," in word}


def check(name: str, given: TensorType, shape: list[int | None], where: object) -> None:
    """Raise BadParameter unless a given shape fits the file's; None: a dimension the file leaves open.

    As in Glow, the number of dimensions must agree and all dimensions but the first, the batch.
    """
    fits = len(given.shape) == len(shape) and all(
        known in (None, wanted) for wanted, known in zip(given.shape[1:], shape[1:], strict=True)
    )
    if shape and not fits:
        shown = ", ".join("?" if each is None else str(each) for each in shape)
        raise BadParameter(
            f"-model-input gives {name!r} the shape {list(given.shape)}, the file has [{shown}]",
            where=where,
            remedy="only the first dimension and those without a value can be given",
        )


def _type(word: str) -> TensorType:
    _, element, rest = (*word.split(",", 2), "")[:3]
    if element == FLOAT:
        return TensorType(_shape(rest, word))
    if element in OTHERS:
        what = f"-model-input cannot be {word!r}: real Glow knows the type {element}, no operator here takes it"
        raise BadParameter(what, remedy=OTHERS[element])
    if element not in QUANTISED:
        remedy = f"use {', '.join([FLOAT, *QUANTISED])}"
        raise BadParameter(f"-model-input cannot be {word!r}: no type {element!r} is known", remedy=remedy)
    scale, offset, shape = (*rest.split(",", 2), "", "")[:3]
    try:
        given = TensorType(_shape(shape, word), QUANTISED[element], float(scale), int(offset))
    except ValueError:
        raise BadParameter(f"-model-input cannot be {word!r}", remedy=REMEDY) from None
    largest = 2 ** (7 if given.element == "int8" else 15)
    if not (math.isfinite(given.scale) and given.scale > 0 and -largest <= given.offset < largest):
        remedy = f"a scale is above 0, an offset of {element} from {-largest} to {largest - 1}"
        raise BadParameter(f"-model-input cannot be {word!r}", remedy=remedy)
    return given


def _shape(word: str, whole: str) -> tuple[int, ...]:
    if not DIMENSIONS.fullmatch(word):
        raise BadParameter(f"-model-input cannot be {whole!r}", remedy=REMEDY)
    return tuple(int(each) for each in word[1:-1].split(","))
