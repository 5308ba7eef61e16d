"""The target of a patch: the names in the bundle's header, and the board."""

from dataclasses import dataclass

from helpers.common.errors import BadInput
from helpers.inference.bundle_header import BundleHeader

# C type and smallest value of an output, for each element type of Glow.
C_TYPES = {"i8": ("int8_t", "INT8_MIN"), "i16": ("int16_t", "INT16_MIN")}


@dataclass(frozen=True)
class Target:
    """The bundle and the board that main.c is written for.

    header: the new bundle's; hello_world: text of the board's hello_world.c ("" if not needed); weights: "flash" or
    "ram", where the constant weights are stored; image: the file of the input values.
    """

    header: BundleHeader
    hello_world: str = ""
    weights: str = "ram"
    image: str = "test_image.inc"

    @property
    def output_type(self) -> tuple[str, str]:
        """Return C type and smallest value of an output; raises BadInput if it is not an integer."""
        element = self.header.output.element
        if element not in C_TYPES:
            remedy = "compile the network with -load-profile and -convert-placeholders"
            raise BadInput(f"the output is {element}, not int8", where=f"bundle {self.header.name}", remedy=remedy)
        return C_TYPES[element]

    @property
    def input_size(self) -> str:
        """Return the input's size in the note's notation: 28*28*1."""
        return "*".join(str(size) for size in self.header.input.shape[1:])
