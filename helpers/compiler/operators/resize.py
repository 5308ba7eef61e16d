"""Resize and Upsample to the nearest element."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Node, Value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import Operator, from_onnx, operator, same_type


@from_onnx("Resize", "Upsample")
def import_resize(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Nearest neighbours; every coordinate and rounding mode but the crop of tf_crop_and_resize."""
    x, given = node.inputs[0], node.attributes
    transformation = given.get("coordinate_transformation_mode", "half_pixel" if importer.opset > 10 else "asymmetric")
    rounding = given.get("nearest_mode", "round_prefer_floor") if importer.opset > 10 else "floor"
    if given.get("mode", "nearest") != "nearest" or transformation == "tf_crop_and_resize" or given.get("antialias", 0):
        raise Unsupported(f"Resize in mode {given.get('mode')} with {transformation}", remedy="use mode nearest")
    scales, shape = _scales(importer, node)
    importer.check_size(shape)
    places = tuple(
        _nearest(old, new, scale, transformation, rounding)
        for old, new, scale in zip(x.type.shape, shape, scales, strict=True)
    )
    return [importer.graph.add("ResizeNearest", node.name, [x], [x.type.with_shape(shape)], places=places).output]


def _scales(importer: OnnxImporter, node: OnnxNode) -> tuple[list[float], list[int]]:
    """Factor and length of each axis, from the factors or from the lengths given."""
    shape = node.inputs[0].type.shape
    factors_at, lengths_at = (2, 3) if importer.opset > 10 else (1, 3)
    axes = [int(axis) % len(shape) for axis in node.attributes.get("axes", range(len(shape)))]
    factors, lengths = [1.0] * len(shape), list(shape)
    given = node.optional_input(lengths_at)
    if given is not None:
        for axis, length in zip(axes, importer.constant(given).tolist(), strict=True):
            lengths[axis], factors[axis] = int(length), length / shape[axis]
        return _policy(node, axes, factors, lengths, shape)
    given = node.optional_input(factors_at)
    values = node.attributes["scales"] if given is None else importer.constant(given).tolist()
    for axis, factor in zip(axes, values, strict=True):
        lengths[axis], factors[axis] = int(np.floor(shape[axis] * factor)), factor
    return factors, lengths


def _policy(
    node: OnnxNode, axes: list[int], factors: list[float], lengths: list[int], shape: tuple[int, ...]
) -> tuple[list[float], list[int]]:
    """One factor for all axes where the shape's proportions are to stay."""
    policy = node.attributes.get("keep_aspect_ratio_policy", "stretch")
    if policy != "stretch":
        chosen = (min if policy == "not_larger" else max)(factors[axis] for axis in axes)
        for axis in axes:
            factors[axis], lengths[axis] = chosen, int(np.floor(chosen * shape[axis] + 0.5))
    return factors, lengths


def _nearest(old: int, new: int, scale: float, transformation: str, rounding: str) -> tuple[int, ...]:
    """Which element of the old axis each of the new one takes."""
    at = np.arange(new)
    x = {
        "asymmetric": at / scale,
        "align_corners": at * (old - 1) / max(new - 1, 1),
        "pytorch_half_pixel": (at + 0.5) / scale - 0.5 if new > 1 else at * 0.0,
        "half_pixel": (at + 0.5) / scale - 0.5,
        "half_pixel_symmetric": (old / 2) * (1 - new / (scale * old)) + (at + 0.5) / scale - 0.5,
        "tf_half_pixel_for_nn": (at + 0.5) / scale,  # what Keras's UpSampling2D is converted to
    }[transformation]
    rounded = {
        "floor": np.floor(x), "ceil": np.ceil(x),
        "round_prefer_floor": np.ceil(x - 0.5), "round_prefer_ceil": np.floor(x + 0.5),
    }[rounding]  # fmt: skip
    return tuple(int(each) for each in np.clip(rounded, 0, old - 1))


@dataclass(slots=True, kw_only=True)
class ResizeAttributes:
    """For each axis, which input element each output element takes."""

    places: tuple[tuple[int, ...], ...]


@operator
class ResizeNearest(Operator[ResizeAttributes]):
    """`places`: for each axis, which input element each output element takes."""

    kind = "ResizeNearest"
    attributes = ResizeAttributes
    keeps_type = True

    def compute(self, node: Node[ResizeAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        places: list[Sequence[int]] = list(node.attributes.places)
        if len(inputs[0]) != node.inputs[0].type.shape[0]:
            places[0] = range(len(inputs[0]))
        return [np.ascontiguousarray(inputs[0][np.ix_(*places)])]

    def emit(self, node: Node[ResizeAttributes], name: str) -> str:
        """A loop an axis; places that are not a plain quotient come from a table."""
        x, element = node.inputs[0].type, same_type(node.output)
        tables, lines, place = [], [f"static void {name}(const {element} *in, {element} *out) {{"], []
        for axis, (size, places) in enumerate(zip(x.shape, node.attributes.places, strict=True)):
            if len(places) == 1 and places[0] == 0:
                continue
            source, stride = _formula(places, axis), int(np.prod(x.shape[axis + 1 :], dtype=np.int64))
            if source is None:
                source = f"{name}_axis{axis}[i{axis}]"
                tables.append(f"static const uint16_t {name}_axis{axis}[] = {{{', '.join(map(str, places))}}};\n")
            lines.append(f"{'  ' * len(lines)}for (int i{axis} = 0; i{axis} < {len(places)}; i{axis}++)")
            place.append(f"{source} * {stride}")
            assert size <= 65535
        body = f"{'  ' * len(lines)}*out++ = in[{' + '.join(place) or '0'}];"
        return "".join(tables) + "\n".join([*lines, body, "}"]) + "\n"


def _formula(places: tuple[int, ...], axis: int) -> str | None:
    """`i / n` or `i * n` where that is what the places are."""
    for factor in range(1, len(places) + 1):
        if places == tuple(i // factor for i in range(len(places))):
            return f"i{axis} / {factor}" if factor > 1 else f"i{axis}"
    step = places[1] if len(places) > 1 else 0
    return f"i{axis} * {step}" if places == tuple(i * step for i in range(len(places))) else None
