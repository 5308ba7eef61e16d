"""Measure each of the quantiser's choices on the note's network: accuracy on test images, bytes, cycles."""

import dataclasses
import itertools
import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common import artifacts
from helpers.common.errors import BadInput
from helpers.compiler import driver
from helpers.compiler.ir.graph import Graph
from helpers.compiler.numerics import affine
from helpers.compiler.profiling import profile
from helpers.compiler.quantisation import cheap_weights, quantiser
from helpers.data import images, mnist, profiling_images
from helpers.evaluation.verify import integers
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.inference.host_bundle import HostBundle
from helpers.network import onnx_session

FILE = "quantisation_choices.json"
CORE, FORM = "cortex-m0plus", "fast"  # the target for cycles and bytes; layers without fast code are C there
BINS = 512  # of the profiles' histograms: calibration needs at least 255; with many more, each bin holds too few values
PROFILE_IMAGES = (1, 10, 100)
PRECISIONS = ("int8", "int16")
SAMPLES, PRICE = 500, 10.0  # training images to choose weights by, and the price of cycles: the command's default


@dataclass(frozen=True)
class Choice(quantiser.Rules):
    """The model-compiler's options of the same names, and the number of profiled images.

    price: of cycles in the search for cheap weights (-cheap-weights-price); None rounds each weight to the nearest integer.
    """

    profile_images: int = 1
    price: float | None = None

    @property
    def name(self) -> str:
        """The differences from the note's choices; "the note's" if there are none."""
        default, words = Choice(), []
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value != getattr(default, field.name):
                words.append(_WORDS.get(field.name, "{}").format(value))
        return ", ".join(words) or "the note's"

    @property
    def configuration(self) -> quantiser.Configuration:
        """The choice as the quantiser's configuration."""
        values = dataclasses.asdict(self)
        del values["profile_images"], values["price"]
        return quantiser.Configuration(**values)


_WORDS = {
    "bias_precision": "{} bias",
    "calibration": "{} calibration",
    "calibrate_constants": "weights too",
    "channelwise": "channelwise",
    "rowwise": "rowwise",
    "weight_bits": "weights of {} bits",
    "profile_images": "{} images",
    "price": "chosen at price {:g}",
}


@dataclass(frozen=True)
class Outcome:
    """The accuracy and the cost of one choice.

    accuracy, as_float: share of the test images classified correctly, and as in float32 (0 to 1). flash_bytes: code and
    weights; ram_bytes: placeholders and activations. cycles: of the shipped test image, without flash waits.
    """

    choice: Choice
    accuracy: float
    as_float: float
    flash_bytes: int
    ram_bytes: int
    cycles: int


@dataclass(frozen=True)
class Measured:
    """All outcomes, the float network's accuracy, and the number and source of the test images."""

    outcomes: tuple[Outcome, ...]
    float_accuracy: float
    images: int
    source: str

    def of(self, choice: Choice) -> Outcome:
        """Return the outcome of one choice; raises BadInput if it was not measured."""
        for outcome in self.outcomes:
            if outcome.choice == choice:
                return outcome
        raise BadInput(f"has no {choice.name!r}", where=FILE, remedy="run notebook 22 with every choice")


def one_by_one() -> list[Choice]:
    """List the note's choices, then variants that change one choice each (calibration and channels with 100 images too)."""
    many = Choice(profile_images=100)
    return [
        *(Choice(schema=schema) for schema in affine.SCHEMAS),
        *(Choice(profile_images=count) for count in PROFILE_IMAGES[1:]),
        *(Choice(bias_precision=bias) for bias in ("int8", "int16")),
        Choice(precision="int16"),
        *(dataclasses.replace(many, calibration="KL", calibrate_constants=weights) for weights in (False, True)),
        *(dataclasses.replace(many, channelwise=c, rowwise=r) for c, r in ((True, False), (False, True), (True, True))),
    ]


def cheaper() -> list[Choice]:
    """List the note's choices with fewer bits a weight, then with weights chosen for cheap products, too."""
    bits = (8, 7, 6, 5)
    return [*(Choice(weight_bits=each) for each in bits), *(Choice(weight_bits=each, price=PRICE) for each in bits)]


def grid() -> list[Choice]:
    """List every combination of schema, precision and profile size, for the explorer of notebook 22."""
    return [
        Choice(*each[:2], profile_images=each[2])
        for each in itertools.product(affine.SCHEMAS, PRECISIONS, PROFILE_IMAGES)
    ]


SETS = {
    "all": lambda: list(dict.fromkeys([*one_by_one(), *cheaper(), *grid()])),
    "one by one": lambda: list(dict.fromkeys([*one_by_one(), *cheaper()])),
}


def run(model: Path, choices: Iterable[Choice], count: int) -> Measured:
    """Measure each choice on the first `count` test images and write build/quantisation_choices.json.

    model: the note's network as ONNX (named batch N).
    """
    data = mnist.load()
    pixels, labels = data.x_test[:count, ..., None], data.y_test[:count]
    inputs = pixels * np.float32(1 / 255)
    floats = onnx_session.run(model, inputs).argmax(1)
    bench, profiles = _Bench(inputs, labels, floats), {}
    for choice in choices:
        if choice.profile_images not in profiles:
            profiles[choice.profile_images] = profile_over(model, choice.profile_images)
        bench.add(choice, graph_of(model, choice, profiles[choice.profile_images]))
    found = Measured(tuple(bench.outcomes), float((floats == labels).mean()), len(labels), data.source)
    artifacts.write_json(artifacts.build(FILE), dataclasses.asdict(found))
    return found


def outcome(model: Path, choice: Choice, form: str = FORM) -> Outcome:
    """Measure one choice for a network like the note's, on all test images and in any form of the M0+; writes no file."""
    data = mnist.load()
    inputs = data.x_test[..., None] * np.float32(1 / 255)
    bench = _Bench(inputs, data.y_test, onnx_session.run(model, inputs).argmax(1), form)
    bench.add(choice, graph_of(model, choice, profile_over(model, choice.profile_images)))
    return bench.outcomes[0]


def read() -> Measured:
    """Read the outcomes that `run` wrote; raises MissingInput if it has not run."""
    found = json.loads(artifacts.need(FILE).read_text())
    outcomes = [Outcome(**{**each, "choice": Choice(**each["choice"])}) for each in found.pop("outcomes")]
    return Measured(tuple(outcomes), **found)


def profile_over(model: Path, count: int) -> profile.Profile:
    """Measure a profile: over the shipped test image if `count` is 1, else over evenly spaced training images."""
    if count == 1:
        pixels = images.read_png(artifacts.DATA / "current_test_image.png")[None]
    else:
        pixels = profiling_images.training(count)[..., None]
    graph = driver.float_graph(model, {"N": 1})
    return profile.measure(graph, pixels * np.float32(1 / 255), BINS)


def graph_of(model: Path, choice: Choice, measured: profile.Profile) -> Graph:
    """Quantise the network as a choice says."""
    search = None
    if choice.price is not None:
        samples = profiling_images.training(SAMPLES)[..., None] * np.float32(1 / 255)
        search = cheap_weights.Search(samples, "the training images", choice.price)
    request = driver.Request({"N": 1}, measured, choice.configuration, convert_placeholders=True, cheap=search)
    return driver.compiled_graph(model, request)


class _Bench:
    """Compile graphs for this machine, to classify, and for the core, to count bytes and cycles."""

    def __init__(self, inputs: np.ndarray, labels: np.ndarray, floats: np.ndarray, form: str = FORM):
        self.inputs, self.labels, self.floats, self.form = inputs, labels, floats, form
        self.outcomes: list[Outcome] = []

    def add(self, choice: Choice, graph: Graph) -> None:
        with tempfile.TemporaryDirectory() as name:
            here, there = Path(name, "here"), Path(name, "there")
            driver.emit_bundle(graph, here, "network", driver.Target())
            driver.emit_bundle(graph, there, "network", driver.Target(CORE, form=self.form))
            classes = HostBundle(here).run(integers.fed(graph, self.inputs)).argmax(1)
            core = EmulatedBundle(there)
            shipped = images.read_png(artifacts.DATA / "current_test_image.png") * np.float32(1 / 255)
            cycles = core.measure(integers.fed(graph, shipped)).cycles
        ram = core.header.mutable + core.header.activations
        right, same = ((classes == each).mean() for each in (self.labels, self.floats))
        self.outcomes.append(Outcome(choice, float(right), float(same), core.flash_bytes, ram, cycles))
