"""Options of the three command lines in the real tools' spelling: one table, one parser."""

import argparse
import difflib
import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from helpers.common.errors import BadParameter
from helpers.compiler import targets
from helpers.compiler.commands.classification import Wanted
from helpers.compiler.commands.image_inputs import Preprocessing
from helpers.compiler.numerics.affine import SCHEMAS
from helpers.compiler.operators.base import registry

FORMS = (*targets.EVERY, targets.AUTO)
# Mean and standard deviation of ImageNet's channels, as Glow has them: the mean of pixels from 0 to 255.
IMAGENET = ((0.485 * 255.0, 0.456 * 255.0, 0.406 * 255.0), (0.229, 0.224, 0.225))


@dataclass(frozen=True)
class Option:
    """An option of a command line.

    choices: the allowed values, the first being the default if `default` is None; meta: the placeholder of a free value.
    """

    name: str
    help: str
    meta: str = ""
    choices: tuple[str, ...] = ()
    default: object = None
    type: type = str
    repeatable: bool = False
    flag: bool = False


def _flag(name: str, text: str) -> Option:
    return Option(name, text, flag=True)


MODEL = (
    Option("model", "the ONNX or TFLite file", "FILE"),
    Option("onnx-define-symbol", "value of a named dimension", "NAME,VALUE", repeatable=True),
    Option(
        "model-input",
        "an input's name; its type and shape (float,[1,28,28,1] or int8q,SCALE,OFFSET,[..]) where the file lacks them",
        "NAME[,TYPE,[SCALE,OFFSET,]SHAPE]",
        repeatable=True,
    ),
    Option("model-input-name", "the same as -model-input", "NAME[,...]", repeatable=True),
    Option("backend", "what the network is compiled for or run on", choices=("CPU", "Interpreter")),
    _flag("verbose", "say more"),
    _flag("time", "print how long each stage took"),
)
PROFILING = (
    Option("dump-profile", "write the range of every value to this YAML file", "FILE"),
    Option("num-histogram-bins", "bins of each histogram in the profile", "N", default=10, type=int),
    Option("do-not-lower-nodes-for-profiling", "profile these kinds of nodes whole", "KIND,..."),
)
IMAGES = (
    Option("image-mode", "the range pixels are mapped to", choices=("0to255", "0to1", "neg1to1", "neg128to127")),
    Option("image-layout", "order of dimensions", choices=("NCHW", "NHWC")),
    Option("image-channel-order", "order of colours", choices=("BGR", "RGB")),
    Option("input-image-dir", "take all PNG images of a folder", "DIR", repeatable=True),
    Option("input-image-list-file", "take the images a text file lists, one a line", "FILE"),
    Option("mean", "subtracted from each channel of the pixels", "NUMBER,..."),
    Option("stddev", "what each channel is then divided by", "NUMBER,..."),
    _flag("use-imagenet-normalization", "the mean and stddev of ImageNet"),
    Option("minibatch", "images of one inference; the network's batch must be as large", "N", default=0, type=int),
)
ANSWERS = (
    Option("expected-labels", "the right label of each image; the exit status counts the wrong ones", "LABEL,..."),
    Option("topk", "how many labels to print for an image", "N", default=1, type=int),
    Option("label-offset", "number of the first label", "N", default=0, type=int),
    Option("output-name", "the output to classify by, where there are several", "NAME", default=""),
    _flag("compute-softmax", "print probabilities in place of the raw outputs"),
)
DATASETS = (
    Option(
        "input-dataset",
        "for each input: its name, rawbin or rawtxt, then dir and a folder of files, one an inference, or file and a list of\n"
        "files, one a line, and, if they are not in the working folder, theirs",
        "NAME,FORMAT,SOURCE,PATH[,FOLDER]",
        repeatable=True,
    ),
)
QUANTISATION = (
    Option("load-profile", "quantise by this profile", "FILE"),
    _flag("convert-placeholders", "inputs and outputs are integers too"),
    Option("quantization-schema", "how a range becomes scale and offset", choices=SCHEMAS),
    Option("quantization-precision", "integers of activations and weights", choices=("Int8", "Int16")),
    Option("quantization-precision-bias", "integers of biases", choices=("Int32", "Int8", "Int16")),
    Option("quantization-calibration", "cut rare extremes off the ranges", choices=("none", "KL")),
    _flag("calibrate-constants", "calibrate weights too"),
    _flag("enable-channelwise", "a scale for each output channel of a convolution"),
    _flag("enable-rowwise", "a scale for each output of a dense layer"),
    Option(
        "weight-bits",
        "of an int8 weight; fewer make cheaper, smaller code (not of the real tools)",
        choices=tuple("8765432"),
    ),
    Option("cheap-weights", "round weights to cheap products, by these samples (not of the real tools)", "FILE.npz"),
    Option("cheap-weights-price", "of cycles against error, 10 if left out; 0 only rounds well", "NUMBER"),
    Option("keep-original-precision-for-nodes", "leave these kinds of nodes float32", "KIND,..."),
    _flag("assert-all-nodes-quantized", "stop where a node stays float32"),
)
BUNDLE = (
    Option("emit-bundle", "write the bundle's files into this folder", "DIR"),
    Option("network-name", "name of the files and of the entry point", "NAME"),
    Option("main-entry-name", "name of the entry point, where it is to differ", "NAME"),
    Option("target", "architecture; without it, the machine this runs on", choices=("arm",), default=""),
    Option("mcpu", "the core", choices=targets.CPUS, default=""),
    Option("mcpu-form", "plain C, or code fit for the core (fast); not in the real tools", choices=FORMS, default=""),
    Option("mcpu-flash", "with -mcpu-form=auto: flash for code and weights (not of the real tools)", "BYTES"),
    Option("mcpu-ram", "with -mcpu-form=auto: RAM without the stack (not of the real tools)", "BYTES"),
    Option("mcpu-wait-states", "with -mcpu-form=auto: of the flash, 0 if left out (not of the real tools)", "N"),
    Option(
        "mcpu-multiplier", "cycles of a product on cortex-m0 and m0plus (not of the real tools)", choices=("1", "32")
    ),
    _flag("reuse-input-memory", "a call may overwrite its inputs: less RAM (not of the real tools)"),
    Option("float-abi", "how floating point is passed", choices=("soft", "hard")),
    Option("bundle-api", "sizes as macros, or as a table in the bundle", choices=("static", "dynamic")),
    _flag("bundle-api-verbose", "list the constants in the header too"),
    Option("relocation-model", "how code finds its data", choices=("static", "pic")),
    _flag("g", "debug information in the object"),
    _flag("llvm-save-asm", "write the assembly too"),
)
DRAWING = (
    Option("dump-graph-DAG", "draw the compiled graph (.pdf, or text for dot)", "FILE"),
    Option("dump-graph-DAG-before-compile", "draw the graph before it is quantised", "FILE"),
)
GROUPS = {
    "image-classifier": {
        "Images": IMAGES,
        "Answers": ANSWERS,
        "Model": MODEL,
        "Profiling": PROFILING,
        "Quantisation": QUANTISATION,
    },
    "model-profiler": {"Data": DATASETS, "Model": MODEL, "Profiling": PROFILING},
    "model-compiler": {"Model": MODEL, "Quantisation": QUANTISATION, "Bundle": BUNDLE, "Drawing": DRAWING},
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadParameter(message, where=self.prog, remedy=f"see {self.prog} -help")


def parser(tool: str) -> argparse.ArgumentParser:
    """Return the parser of one tool: one or two dashes, -name=value or -name value."""
    made = _Parser(prog=tool, add_help=False, allow_abbrev=False, formatter_class=argparse.RawTextHelpFormatter)
    made.add_argument("-help", "--help", action="help", help="print this and stop")
    if tool == "image-classifier":
        made.add_argument("images", nargs="*", metavar="IMAGE", help="PNG files")
    for title, options in GROUPS[tool].items():
        group = made.add_argument_group(title)
        for option in options:
            add(group, option)
    return made


def add(group: argparse._ActionsContainer, option: Option) -> None:
    """Add one option of the table to a parser or a group of one."""
    names = (f"-{option.name}", f"--{option.name}")
    if option.flag:
        group.add_argument(*names, action="store_true", help=option.help)
        return
    default = option.default if option.default is not None or not option.choices else option.choices[0]
    listed = "".join(f"\n  ={choice}" for choice in option.choices)
    settings = {"action": "append", "default": []} if option.repeatable else {"default": default}
    group.add_argument(*names, help=option.help + listed, metavar=option.meta or "VALUE", type=option.type, **settings)


def parse(tool: str, argv: list[str] | None) -> argparse.Namespace:
    """Parse the options; raises BadParameter that names the nearest valid option or value."""
    made = parser(tool)
    known, unknown = made.parse_known_args(sys.argv[1:] if argv is None else [str(word) for word in argv])
    options = {option.name: option for group in GROUPS[tool].values() for option in group}
    for word in unknown:
        name = word.lstrip("-").split("=")[0]
        if word.startswith("-") and name not in options:
            raise BadParameter(f"unknown option -{name}", where=tool, remedy=_nearest(name, options, "-"))
        raise BadParameter(f"cannot make sense of {word!r}", where=tool, remedy=f"see {tool} -help")
    check_choices(known, options.values(), tool)
    return known


def _attribute(name: str) -> str:
    return name.replace("-", "_")


def check_choices(chosen: argparse.Namespace, known: Iterable[Option], where: str) -> None:
    """Raise BadParameter for a value that is not among an option's choices."""
    for option in known:
        value = getattr(chosen, _attribute(option.name))
        if option.choices and value and value not in option.choices:
            remedy = _nearest(value, option.choices, f"-{option.name}=")
            raise BadParameter(f"-{option.name} cannot be {value!r}", where=where, remedy=remedy)


def given(chosen: argparse.Namespace, known: Iterable[Option]) -> list[str]:
    """The names of the options that have another value than their default."""
    without = {
        option.name: (*option.choices, None)[0] if option.default is None else option.default for option in known
    }
    values = {name: getattr(chosen, _attribute(name)) for name in without}
    return [name for name, value in values.items() if value and value != without[name]]


def check_unused(chosen: argparse.Namespace, known: Iterable[Option], needed: str) -> None:
    """Raise BadParameter for an option that changes nothing where another, such as load-profile=FILE, is not given."""
    name = needed.split("=")[0]
    unused = [] if getattr(chosen, _attribute(name)) else given(chosen, known)
    if unused:
        raise BadParameter(f"-{unused[0]} changes nothing without -{name}", remedy=f"give -{needed}, or leave it out")


def check_apart(chosen: argparse.Namespace, known: Iterable[Option], other: str) -> None:
    """Raise BadParameter for an option that changes nothing because `other`, such as dump-profile, is given."""
    useless = given(chosen, known) if getattr(chosen, _attribute(other)) else []
    if useless:
        raise BadParameter(
            f"-{useless[0]} changes nothing with -{other}", remedy=f"leave it out, or run without -{other}"
        )


def _nearest(word: str, known: Iterable[str], prefix: str) -> str:
    near = difflib.get_close_matches(word, list(known), 1, 0.3)
    listed = ", ".join(f"{prefix}{each}" for each in known)
    return f"did you mean {prefix}{near[0]}?" if near else f"use one of {listed}"


def kinds(words: str | None, option: str) -> tuple[str, ...]:
    """Parse comma-separated kinds of nodes; raises BadParameter for one that does not exist."""
    named = tuple(word for word in (words or "").split(",") if word)
    known = registry.kinds()
    for word in named:
        if word not in known:
            raise BadParameter(f"{option} knows no kind {word!r}", remedy=_nearest(word, known, ""))
    return named


def numbers(words: str | None, option: str) -> tuple[float, ...]:
    """Parse comma-separated numbers."""
    try:
        found = tuple(float(word) for word in (words or "").split(",") if word)
    except ValueError:
        raise BadParameter(
            f"{option} cannot be {words!r}", remedy="give one number a channel, comma separated"
        ) from None
    if not all(math.isfinite(each) for each in found):
        raise BadParameter(f"{option} cannot be {words!r}", remedy="give finite numbers")
    return found


def preprocessing(chosen: argparse.Namespace) -> Preprocessing:
    """Return the pre-processing that the image options ask for."""
    mean, stddev = numbers(chosen.mean, "-mean"), numbers(chosen.stddev, "-stddev")
    if chosen.use_imagenet_normalization:
        if mean or stddev:
            raise BadParameter(
                "-mean and -stddev do not go together with -use-imagenet-normalization", remedy="leave out one of them"
            )
        mean, stddev = IMAGENET
    if 0 in stddev:
        raise BadParameter("-stddev cannot be 0", remedy="leave out the zero: pixels are divided by these numbers")
    return Preprocessing(chosen.image_mode, chosen.image_layout, chosen.image_channel_order, mean, stddev)


def classification(chosen: argparse.Namespace, images: int) -> Wanted:
    """Return what to print for each image."""
    words = numbers(chosen.expected_labels, "-expected-labels")
    labels = tuple(int(label) for label in words)
    if labels != words:
        raise BadParameter(f"-expected-labels cannot be {chosen.expected_labels!r}", remedy="give whole numbers")
    if chosen.topk < 1:
        raise BadParameter(f"-topk cannot be {chosen.topk}", remedy="use a whole number from 1 to the number of labels")
    if labels and len(labels) != images:
        raise BadParameter(
            f"-expected-labels names {len(labels)} labels for {images} images",
            remedy=f"give {images} labels, comma separated",
        )
    return Wanted(chosen.topk, chosen.label_offset, chosen.compute_softmax, labels)


def symbols(words: list[str]) -> dict[str, int]:
    """Parse -onnx-define-symbol=N,1 (repeatable) to a dictionary."""
    pairs = {}
    for word in words:
        name, _, value = word.rpartition(",")
        if not name or not value.isdigit() or not 0 < int(value) < 2**31:
            raise BadParameter(
                f"-onnx-define-symbol cannot be {word!r}", remedy="write it as NAME,VALUE, for example N,1"
            )
        pairs[name] = int(value)
    return pairs
