"""The note's image converter: a PNG becomes a list of numbers that C can include.

    python -m helpers.glow_process_image -image-path=current_test_image.png -output-path=test_image.inc \\
        -image-layout=NHWC -image-channel-order=BGR -image-type=int8 -image-mode=neg128to127

The options are those of the note's section 5, written with one dash or two. Two are ours: -scale and -offset, as in a
bundle's header, quantise the numbers of -image-mode. Only with a scale of 1/255 is the result that of neg128to127.
"""

import argparse
import difflib
import sys

import numpy as np

from helpers.common import artifacts, atomic_files, errors
from helpers.common.errors import BadParameter
from helpers.compiler.ir.graph import TensorType
from helpers.compiler.numerics import affine
from helpers.data import images

TYPES = ("float32", "int8", "uint8")


def one_of(words):
    """Return a converter for argparse that accepts one of `words`, and suggests the nearest for any other word."""

    def convert(text: str) -> str:
        if text not in words:
            near = difflib.get_close_matches(text, words, 1)
            advice = f"use {near[0]}, or another of" if near else "use one of"
            raise BadParameter(f"{text!r} is not known", remedy=f"{advice} {', '.join(words)}")
        return text

    return convert


class _Parser(argparse.ArgumentParser):
    def error(self, message: str):
        raise BadParameter(message, remedy="see -help")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the note's command line (section 5)."""
    line = _Parser(prog="glow_process_image", description=__doc__.splitlines()[0], allow_abbrev=False, add_help=False)

    def choice(name: str, words: tuple[str, ...], default: str, text: str):
        shown = "|".join(words)
        line.add_argument(f"-{name}", f"--{name}", type=one_of(words), default=default, metavar=shown, help=text)

    line.add_argument("-image-path", "--image-path", required=True, metavar="PNG", help="the image to convert")
    line.add_argument("-output-path", "--output-path", required=True, metavar="FILE", help="the list to write")
    choice("image-mode", images.MODES, "0to255", "the range of the numbers")
    choice("image-layout", images.LAYOUTS, "NCHW", "order of height, width and channels")
    choice("image-channel-order", images.CHANNEL_ORDERS, "BGR", "order of three channels; no matter for a grey image")
    choice("image-type", TYPES, "float32", "the type of the numbers")
    quantised = "quantise by this {}, as the bundle's header gives it (not an option of the note's script)"
    line.add_argument("-scale", "--scale", type=float, metavar="NUMBER", help=quantised.format("scale"))
    line.add_argument("-offset", "--offset", type=int, default=0, metavar="N", help=quantised.format("offset"))
    line.add_argument("-help", "--help", action="help", help="show this text and stop")
    return line


def convert(  # noqa: PLR0913 (an argument for each option of the script)
    image_path, output_path, image_mode, image_layout, image_channel_order, image_type, scale=None, offset=0
) -> np.ndarray:
    """Convert one image and write the list; returns the values, in the order written.

    scale, offset: quantise to int8 as round(x / scale) + offset, saturating. Raises BadParameter for a scale that is not a
    positive number, an offset outside int8, another type, or an output that is the image itself.
    """
    atomic_files.check_apart(output_path, image_path)
    pixels = images.read_png(image_path)
    if scale is None:
        values = images.preprocess(pixels, image_mode, image_layout, image_channel_order, np.dtype(image_type))
    else:
        reals = images.preprocess(pixels, image_mode, image_layout, image_channel_order, np.dtype("float32"))
        values = _quantised(reals, image_type, scale, offset)
    artifacts.write_text(output_path, images.to_inc(values, columns=pixels.shape[1]))
    return values


def _quantised(reals: np.ndarray, image_type: str, scale: float, offset: int) -> np.ndarray:
    if image_type != "int8":
        raise BadParameter(f"-scale makes int8, not {image_type}", remedy="add -image-type=int8")
    if not (0 < scale < float("inf") and -128 <= offset <= 127):
        raise BadParameter(
            f"cannot quantise by scale {scale} and offset {offset}", remedy="copy both from the bundle's header"
        )
    return affine.quantise(reals, TensorType(reals.shape, "int8", scale, offset))


@errors.command
def main(argv=None):
    """Convert an image as the options say, and print what was written."""
    options, unknown = parser().parse_known_args(argv)
    if unknown:
        near = difflib.get_close_matches(unknown[0].split("=")[0].lstrip("-"), [*vars(options), "help"], 1)
        remedy = f"use -{near[0].replace('_', '-')}" if near else "see -help"
        raise BadParameter("is no option of this command", where=unknown[0], remedy=remedy)
    values = convert(**vars(options))
    print(f"{options.output_path}: {values.size} values of type {values.dtype}, {values.min()} to {values.max()}")


if __name__ == "__main__":
    sys.exit(main())
