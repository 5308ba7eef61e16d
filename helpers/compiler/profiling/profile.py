"""Measure, write and read profile.yaml, the range of every value over some images, in Glow's format."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import yaml

from helpers.common import artifacts
from helpers.common.errors import BadInput, MissingInput
from helpers.common.named_arrays import Arrays
from helpers.compiler import interpreter
from helpers.compiler.ir.graph import Graph, Node, Splat, Value
from helpers.compiler.profiling import lowering
from helpers.compiler.profiling.graph_hash import graph_hash
from helpers.compiler.profiling.histogram import Histogram

TOOLS_VERSION = "workbook 1.0.0"
LARGEST_FILE = 16 * 2**20
LARGEST_NUMBER = 1e37  # far enough from the end of float32 that a range has a finite width
_COUNTS = re.compile(rb"^(  Histogram: +)\[([0-9eE+.,\s-]*)\]", re.MULTILINE)
MOST_AT_ONCE = 2**20  # elements of all values of the inferences that are computed together


@dataclass(frozen=True)
class Entry:
    """One profiled value: smallest and largest (float32), and the histogram's counts."""

    low: float
    high: float
    histogram: tuple[float, ...] = ()


@dataclass(frozen=True)
class Profile:
    """The entries by name (node name, colon, result index), and the hash of the graph they were made for."""

    entries: dict[str, Entry]
    graph_hash: int = 0
    tools_version: str = TOOLS_VERSION


def measure(
    graph: Graph,
    inputs: Arrays,
    bins: int = 10,
    progress: Callable[[], object] | None = None,
    whole: tuple[str, ...] = (),
) -> Profile:
    """Profile an optimised float graph over n inferences in order, with inputs [n * batch, ...].

    inputs: the array of the one input, such as images [n, height, width, channels], or arrays by placeholder name. Many
    inferences are computed at once if that gives the same numbers; they are counted one by one.
    whole: kinds of nodes not to lower first. Raises BadParameter if the inputs do not match the network's.
    """
    low = lowering.lowered(graph, whole)
    histograms: dict[str, Histogram] = {}
    several = interpreter.batches(low.graph)
    at_once = max(1, MOST_AT_ONCE // _elements(low.graph)) if several else 1
    for chunk in interpreter.chunks(graph, inputs, at_once):
        for value, array in _observed(low.graph, chunk):
            _check_finite(value.name, array)
            histogram = _histogram(histograms, low.names_of(value), bins)
            for inference in np.split(array, len(array)) if several else [array]:
                histogram.add(inference)
        if progress:
            progress()
    for node in low.graph.constants:
        if node.data.dtype == np.float32:
            if not isinstance(node, Splat):  # the bound of a Clip that has none is as large as can be
                _check_finite(node.output.name, node.data)
            histogram = _histogram(histograms, low.names_of(node.output), bins)
            histogram.add(node.data)
            histogram.repeat(interpreter.inferences(graph, inputs))
    entries = {
        name: Entry(float(each.low), float(each.high), tuple(float(n) for n in each.counts))
        for name, each in sorted(histograms.items(), key=lambda item: item[0].encode())
    }
    return Profile(entries, graph_hash(graph))


def _check_finite(name: str, array: np.ndarray) -> None:
    if not (np.abs(array) < LARGEST_NUMBER).all():
        raise BadInput(
            f"the value {name!r} is not finite, or too large, for one of the inputs", remedy="check the weights"
        )


def _histogram(histograms: dict[str, Histogram], names: list[str], bins: int) -> Histogram:
    """Return the histogram that a value's names share, and create it if there is none."""
    histogram = histograms.get(names[0]) or Histogram(bins)
    histograms |= dict.fromkeys(names, histogram)
    return histogram


def _elements(graph: Graph) -> int:
    return sum(value.type.size for node in graph.nodes for value in node.outputs) or 1


def _observed(graph: Graph, chunk: dict[str, np.ndarray]) -> list[tuple[Value, np.ndarray]]:
    """Return every float value of some inferences, inputs first."""
    seen = [(node.output, chunk[node.name]) for node in graph.placeholders]

    def observe(node: Node, _inputs: list[np.ndarray], outputs: list[np.ndarray]) -> None:
        seen.extend(zip(node.outputs, outputs, strict=True))

    with np.errstate(all="ignore"):
        interpreter.run(graph, chunk, observe)
    return [(value, array) for value, array in seen if array.dtype == np.float32]


def write(path: str | Path, profile: Profile) -> None:
    """Write a profile in Glow's layout: three YAML documents."""
    head = f"---\nGlowToolsVersion: '{profile.tools_version}'\n...\n---\nGraphPreLowerHash: 0x{profile.graph_hash:X}\n...\n---\n"
    blocks = [_block(name, entry) for name, entry in profile.entries.items()]
    artifacts.write_text(path, head + "".join(blocks) + "...\n")


def _block(name: str, entry: Entry) -> str:
    lines = [
        f"- NodeOutputName:  '{name}'",
        f"  Min:             {_exact(entry.low)}",
        f"  Max:             {_exact(entry.high)}",
    ]
    return "\n".join(lines) + "\n" + _flow("  Histogram:       ", [f"{count:.6g}" for count in entry.histogram])


def _exact(value: float) -> str:
    """Format all decimal digits of a float32, at least one after the point."""
    text = format(Decimal(float(np.float32(value))), "f")
    return text if "." in text else f"{text}.0"


def _flow(head: str, items: list[str], width: int = 70) -> str:
    """Format a YAML flow list, wrapped like LLVM's writer: a new line once the column has passed `width`."""
    text, column = head + "[ ", len(head) + 2
    for index, item in enumerate(items):
        if index and column > width:
            text += "\n" + " " * 21
            column = 21
        piece = item + (", " if index < len(items) - 1 else "")
        text, column = text + piece, column + len(piece)
    return text + " ]\n"


def read(path: str | Path) -> Profile:
    """Read a profile written here or by real Glow; raises MissingInput, or BadInput that names the faulty entry."""
    path = Path(path)
    if not path.is_file():
        raise MissingInput(
            "does not exist", where=path, remedy="write it with image-classifier ... -dump-profile=" + path.name
        )
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput(f"is larger than {LARGEST_FILE} bytes", where=path)
    try:
        text, histograms = _without_histograms(path.read_bytes())
        documents = list(yaml.load_all(text, _Loader))
        version, graph_hash, entries = documents
        version, graph_hash = str(version["GlowToolsVersion"]), int(graph_hash["GraphPreLowerHash"])
        return Profile(dict(_entry(each, histograms, path) for each in entries), graph_hash, version)
    except BadInput:
        raise
    except (yaml.YAMLError, ValueError, KeyError, TypeError, RecursionError) as error:
        reason = " ".join(str(error).split())[:120]
        remedy = "write it with image-classifier ... -dump-profile"
        raise BadInput(f"is not a Glow profile ({type(error).__name__}: {reason})", where=path, remedy=remedy) from None


def _without_histograms(data: bytes) -> tuple[bytes, dict[str, bytes]]:
    """Replace each list of counts with a word, and return the lists by word: YAML takes a minute for long lists."""
    lists: dict[str, bytes] = {}
    prefix = "counts"
    while prefix.encode() in data:  # no word of the text itself names a list
        prefix += "_"

    def taken(match: re.Match) -> bytes:
        lists[word := f"{prefix} {len(lists)}"] = match[2]
        return match[1] + word.encode()

    return _COUNTS.sub(taken, data), lists


class _Loader(yaml.SafeLoader):
    """Safe YAML without aliases, which can make a small file huge."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed")
        return super().compose_node(parent, index)


def _entry(item: dict, histograms: dict[str, bytes], path: Path) -> tuple[str, Entry]:
    name, low, high = str(item["NodeOutputName"]), float(item["Min"]), float(item["Max"])
    if not (np.isfinite(low) and np.isfinite(high) and low <= high):
        raise BadInput(f"entry {name!r} has the range {low} to {high}", where=path, remedy="profile the network again")
    counts = item.get("Histogram", ())
    if isinstance(counts, str):
        listed = histograms[counts].rstrip()
        counts = listed.removesuffix(b",").split(b",") if listed else ()
    return name, Entry(low, high, tuple(float(count) for count in counts))
