"""Pieces that the C and the integer references of several operators share: the loop over images, fused activations."""

import re
from typing import Protocol

import numpy as np

from helpers.compiler.ir.graph import Node, TensorType
from helpers.compiler.numerics import affine, fixed_point16, interpolation, short_sums, wide_sums
from helpers.compiler.numerics.requantisation import Requantisation, requantisation
from helpers.compiler.operators.base import mathematics
from helpers.compiler.operators.base.layer_attributes import FusedAttributes

# Small functions that emit_c puts in front of the C that calls them.
HELPERS = {
    "clip8": """\
static inline int8_t clip8(int32_t x) {
  return (int8_t)(x < -128 ? -128 : x > 127 ? 127 : x);
}
""",
    "clip16": """\
static inline int16_t clip16(int32_t x) {
  return (int16_t)(x < -32768 ? -32768 : x > 32767 ? 32767 : x);
}
""",
    "bits_of": """\
/* A signed number of some bits within a word. */
static inline int32_t bits_of(uint32_t word, int from, int bits) {
  return (int32_t)(word << (32 - from - bits)) >> (32 - bits);
}
""",
    "at_least": """\
static inline int32_t at_least(int32_t low, int32_t x) {
  return x < low ? low : x;
}
""",
    "at_most": """\
static inline int32_t at_most(int32_t high, int32_t x) {
  return x > high ? high : x;
}
""",
    "squared": """\
static inline int32_t squared(int32_t x) {
  return x * x;
}
""",
    "scaled": """\
/* Requantised by shift, factor, rounding, shift; through uint32_t, so that overflow is defined. */
static inline int32_t scaled(const int32_t *how, int32_t x) {
  return (int32_t)((uint32_t)(x >> how[0]) * (uint32_t)how[1] + (uint32_t)how[2]) >> how[3];
}
""",
    "high_product": """\
/* The high half of a doubled product, rounded. */
static inline int32_t high_product(int32_t a, int32_t b) {
  return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}
""",
    "shifted": """\
/* Divided by a power of two, halves away from zero. */
static inline int32_t shifted(int32_t x, int bits) {
  int32_t mask = (int32_t)(((uint32_t)1 << bits) - 1);
  return (x >> bits) + ((x & mask) > (mask >> 1) + (x < 0));
}
""",
    "reciprocal": """\
/* 1 / (1 + x) of x in [0, 1), both with 31 bits behind the point, by three Newton steps. */
static int32_t reciprocal(int32_t x) {
  int32_t half = (int32_t)(((uint32_t)x + 0x80000000u) / 2), result = 1515870810 + high_product(half, -1010580540);
  for (int i = 0; i < 3; i++) {
    result += (int32_t)((uint32_t)high_product(result, (1 << 29) - high_product(half, result)) * 4);
  }
  return result > 0x3fffffff ? 0x7fffffff : result * 2;
}
""",
    "doubled": """\
/* Requantised as TFLite does: shift, high half of the doubled product, rounding shift. */
static inline int32_t doubled(const int32_t *how, int32_t x) {
  int64_t product = (int64_t)(int32_t)((uint32_t)x << how[0]) * how[1];
  int32_t high = (int32_t)((product + (1 << 30)) >> 31);
  int32_t mask = (int32_t)(((uint32_t)1 << how[3]) - 1);
  return (high >> how[3]) + ((high & mask) > (mask >> 1) + (high < 0));
}
""",
    "cut": """\
/* A number beyond every element is cut, so that adding an offset cannot wrap. */
static inline int32_t cut(int64_t x) {
  return x > 0x40000000 ? 0x40000000 : x < -0x40000000 ? -0x40000000 : (int32_t)x;
}
""",
    "rounded_once": """\
/* Requantised as TFLite's dense layers do: product, one rounding shift. A shift up is one of 64 bits. */
static inline int32_t rounded_once(const int32_t *how, int32_t x) {
  int bits = 31 + how[3] - how[0];
  int64_t rounded = ((int64_t)x * how[1] + ((int64_t)1 << (bits - 1))) >> bits;
  return how[0] ? cut(rounded) : (int32_t)rounded;
}
""",
    "rounded_even": """\
/* The same with halves to even. */
static inline int32_t rounded_even(const int32_t *how, int32_t x) {
  int bits = 31 + how[3] - how[0];
  int64_t product = (int64_t)x * how[1] + ((int64_t)1 << (bits - 1)), rounded = product >> bits;
  return cut(rounded - (product == (int64_t)((uint64_t)rounded << bits) ? rounded & 1 : 0));
}
""",
    "leaky": """\
/* x where it is not below zero, which is `offset`; else scaled by a slope: shift, product, rounding shift. */
static inline int32_t leaky(int32_t x, int32_t offset, int pre, int32_t scale, int32_t round, int post) {
  return x >= offset ? x : (((((x - offset) >> pre) * scale) + round) >> post) + offset;
}
""",
    "divided": """\
/* Divided by a positive number and rounded, halves away from zero. */
static inline int32_t divided(int32_t x, int32_t by) {
  return x > 0 ? (x + (by >> 1)) / by : (x - (by >> 1)) / by;
}
""",
    "quotient": """\
/* The same by a product: `reciprocal` is 2 to the power of `bits` over the divisor, rounded up; exact below a bound. */
static inline int32_t quotient(int32_t x, int32_t half, uint32_t reciprocal, int bits) {
  uint32_t size = (uint32_t)(x < 0 ? -x : x);
  int32_t result = (int32_t)((size + (uint32_t)half) * reciprocal >> bits);
  return x < 0 ? -result : result;
}
""",
    "exponential": """\
/* e to the x, within two units of the last place, in float32 steps that are the same on every core. */
static inline float exponential(float x) {
  if (x < -87.0f) return 0.0f;
  if (x > 88.0f) x = 88.0f;
  float turns = (x * 0x1.715476p+0f + 12582912.0f) - 12582912.0f;
  float rest = (x - turns * 0x1.62ep-1f) - turns * 0x1.0bfbe8p-15f;
  float sum = 0x1.6850e4p-10f;
  sum = sum * rest + 0x1.123bccp-7f;
  sum = sum * rest + 0x1.555b98p-5f;
  sum = sum * rest + 0x1.55548ep-3f;
  sum = sum * rest + 0x1.fffff8p-2f;
  sum = sum * rest * rest + rest + 1.0f;
  union { int32_t bits; float number; } power = { ((int32_t)turns + 127) << 23 };
  return sum * power.number;
}
""",
    "ordered": """\
/* The bits of a float as an integer of the same order: comparing these is comparing the numbers, without soft float. */
static inline int32_t ordered(float x) {
  union { float number; int32_t bits; } given = { x };
  return given.bits ^ ((given.bits >> 31) & 0x7FFFFFFF);
}
""",
    "power_scaled": """\
/* x times a power of two, as float: its exponent is added to, without soft float's product. */
static inline float power_scaled(int32_t x, int32_t power) {
  union { float number; int32_t bits; } result = { (float)x };
  if (x) result.bits += power * 0x800000;
  return result.number;
}
""",
    **mathematics.C,
    **fixed_point16.C,
    **interpolation.C,
    **wide_sums.C,
    **short_sums.C,
}


def called(helpers: dict[str, str], text: str) -> list[str]:
    """The small functions that a C text calls, and those that they call. A layer's own name may end in one of their names."""
    found: set[str] = set()
    while more := {name for name in helpers if name not in found and re.search(rf"\b{name}\(", text)}:
        found, text = found | more, "".join(helpers[name] for name in more)
    return [helper for name, helper in helpers.items() if name in found]


def exponential(x: np.ndarray) -> np.ndarray:
    """The float32 exponential that the bundle computes, step by step the same."""
    f = np.float32
    given = x.astype(f)
    x = np.clip(given, f(-87), f(88))
    turns = (x * f(float.fromhex("0x1.715476p+0")) + f(12582912)) - f(12582912)
    high, low = f(float.fromhex("0x1.62ep-1")), f(float.fromhex("0x1.0bfbe8p-15"))
    rest = (x - turns * high) - turns * low
    total = np.full_like(x, float.fromhex("0x1.6850e4p-10"))
    for factor in ("0x1.123bccp-7", "0x1.555b98p-5", "0x1.55548ep-3", "0x1.fffff8p-2"):
        total = total * rest + f(float.fromhex(factor))
    total = total * rest * rest + rest + f(1)
    power = ((turns.astype(np.int32) + 127) << 23).view(np.float32)
    return np.where(given < -87, f(0), total * power).astype(f)


def function(name: str, arguments: str, body: str, images: int = 1, inputs: dict[str, int] | None = None) -> str:
    """A C function. For more than one image its body is repeated; `inputs`: pointers and their steps to the next image."""
    if images == 1:
        return f"static void {name}({arguments}) {{\n{body}}}\n"
    steps = "".join(f", {pointer} += {step}" for pointer, step in (inputs or {}).items())
    inner = "".join(f"  {line}" if line.strip() else line for line in body.splitlines(keepends=True))
    return f"static void {name}({arguments}) {{\n  for (int n = 0; n < {images}; n++{steps}) {{\n{inner}  }}\n}}\n"


class Bounds(Protocol):
    """The attributes of a Clip, of its own node or fused into a layer."""

    low: float
    high: float


def clip_bounds(arguments: Bounds, out: TensorType) -> tuple[int, int]:
    """A Clip's smallest and largest value as integers of a type."""
    bounds = np.array([arguments.low, arguments.high], np.float32)
    low, high = affine.quantise(np.clip(bounds, -1e30, 1e30), out)
    return int(low), int(high)


def activated(node: Node[FusedAttributes], x: np.ndarray) -> np.ndarray:
    """int32 results after the node's fused activation; nothing where saturation does the same."""
    kind, offset = node.attributes.fused, np.int32(node.output.type.offset)
    if kind == "Relu":
        return np.maximum(x, offset)
    if kind == "Clip":
        return np.clip(x, *clip_bounds(node.attributes.fused_arguments, node.output.type))
    if kind == "LeakyRelu":
        return np.where(x >= offset, x, slope(node).apply(x - offset) + offset)
    return x


def slope(node: Node[FusedAttributes]) -> Requantisation:
    """A fused LeakyRelu's factor for what is negative."""
    return requantisation(np.float32(node.attributes.fused_arguments.alpha))


def c_activated(node: Node[FusedAttributes], x: str) -> str:
    """The C code of the fused activation around an int32_t expression."""
    kind, out = node.attributes.fused, node.output.type
    if kind == "Relu" and out.offset != affine.LIMITS[out.element][0]:
        return f"at_least({out.offset}, {x})"
    if kind == "Clip":
        low, high = clip_bounds(node.attributes.fused_arguments, out)
        return f"at_most({high}, at_least({low}, {x}))"
    if kind == "LeakyRelu":
        each = slope(node)
        return f"leaky({x}, {out.offset}, {each.pre}, {each.multiplier}, {each.round}, {each.post})"
    return x
