"""The command lines' spelling: dashes, = or space, repeated options, and the nearest right word."""

import pytest

from helpers.common import artifacts
from helpers.common.errors import BadParameter
from helpers.compiler.commands import commands, options

MODEL = artifacts.DATA / "MNIST_NXP.onnx"


@pytest.mark.parametrize(
    "words",
    [
        ["-model=a.onnx", "-mcpu=cortex-m0"],
        ["--model=a.onnx", "--mcpu=cortex-m0"],
        ["-model", "a.onnx", "-mcpu", "cortex-m0"],
        ["--model", "a.onnx", "--mcpu", "cortex-m0"],
    ],
)
def test_one_or_two_dashes_equals_or_space(words):
    chosen = options.parse("model-compiler", words)
    assert (chosen.model, chosen.mcpu) == ("a.onnx", "cortex-m0")


def test_the_first_value_listed_is_the_default():
    chosen = options.parse("image-classifier", [])
    assert (chosen.image_mode, chosen.image_layout, chosen.image_channel_order) == ("0to255", "NCHW", "BGR")
    assert options.parse("model-compiler", []).quantization_schema == "asymmetric"


def test_repeatable_options_add_up():
    chosen = options.parse("model-compiler", ["-onnx-define-symbol=N,1", "-onnx-define-symbol", "M,2"])
    assert options.symbols(chosen.onnx_define_symbol) == {"N": 1, "M": 2}


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["-modle=x"], "Did you mean -model?"),
        (["-quantization-schema=symetric"], "Did you mean -quantization-schema=symmetric?"),
        (["-mcpu=cortex-m1"], "Did you mean -mcpu=cortex-m"),
        (["stray"], "See model-compiler -help"),
        (["-model"], "See model-compiler -help"),
    ],
)
def test_a_wrong_word_is_answered_with_the_nearest_right_one(words, advice):
    with pytest.raises(BadParameter) as caught:
        options.parse("model-compiler", words)
    assert advice in str(caught.value)


@pytest.mark.parametrize("word", ["N", "N,", ",1", "N,x", "N,0", "N,-1", "N,99999999999"])
def test_a_symbol_needs_a_name_and_a_positive_number(word):
    with pytest.raises(BadParameter, match="NAME,VALUE"):
        options.symbols([word])


@pytest.mark.parametrize("tool", sorted(options.GROUPS))
def test_help_lists_every_option(tool, capsys):
    with pytest.raises(SystemExit) as ended:
        options.parse(tool, ["-help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(f"-{each.name}" in text for group in options.GROUPS[tool].values() for each in group)


def _value(option) -> str:
    """The option with another value than its default."""
    if option.flag:
        return f"-{option.name}"
    free = "Relu" if option.meta == "KIND,..." else "7"
    other = option.choices[1] if len(option.choices) > 1 else (*option.choices, free)[0]
    return f"-{option.name}={other}"


WITHOUT = [
    ("image-classifier", options.PROFILING, "dump-profile"),
    ("image-classifier", options.QUANTISATION, "load-profile"),
    ("model-compiler", options.QUANTISATION, "load-profile"),
    ("model-compiler", options.BUNDLE, "emit-bundle"),
]


@pytest.mark.parametrize(
    ("tool", "option", "needed"),
    [(tool, option, needed) for tool, group, needed in WITHOUT for option in group if option.name != needed],
    ids=lambda value: getattr(value, "name", value),
)
def test_an_option_that_changes_nothing_without_another_is_refused(tool, option, needed, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = {"image-classifier": commands.image_classifier, "model-compiler": commands.model_compiler}[tool]
    assert run(["-model=net.onnx", _value(option)]) == 2
    said = capsys.readouterr().err
    assert f"-{option.name} " in said and said.count("\n") == 1
    assert f"-{needed}" in said


@pytest.mark.parametrize("option", options.ANSWERS, ids=lambda option: option.name)
def test_an_option_of_answers_is_refused_while_profiling(option, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert commands.image_classifier(["-model=net.onnx", "-dump-profile=p.yaml", _value(option)]) == 2
    assert f"-{option.name} changes nothing with -dump-profile" in capsys.readouterr().err


def test_a_bundle_that_is_refused_leaves_no_drawing(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [
        f"-model={MODEL}",
        "-onnx-define-symbol=N,1",
        "-emit-bundle=out",
        "-network-name=int",
        "-dump-graph-DAG=g.dot",
    ]
    assert commands.model_compiler(words) == 2
    assert list(tmp_path.iterdir()) == [] and "cannot be 'int'" in capsys.readouterr().err
