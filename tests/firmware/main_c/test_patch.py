"""The note's steps on the SDK's example, on odd copies of it, and on files that are something else."""

import dataclasses
import re

import pytest

from helpers.common import artifacts
from helpers.common.errors import BadInput
from helpers.firmware import main_c

REFERENCE = artifacts.ROOT / "tests" / "reference" / "main_c"
CHAINS = {"rt1060-ram": main_c.M7_STEPS, "ke16z-flash": main_c.ALL_STEPS}


@pytest.mark.parametrize("name", CHAINS)
def test_the_example_becomes_the_reference(example, target, name):
    assert main_c.patch(example, target, CHAINS[name]).text == (REFERENCE / f"{name}.c").read_text()


def test_the_notes_listing_is_in_it_but_for_the_corrections(example, target):
    text = re.sub(r"\s", "", main_c.patch(example, target).text)
    for line in (
        "uint32_t duration_us;",
        "memcpy(inputAddr, imageData, sizeof(imageData));",
        "mnist_nxp(constantWeight, mutableWeight, activations);",
        "int8_t *out_data = (int8_t*)(outputAddr);",
        "int8_t max_val = INT8_MIN;",
        r'for(int i = 0; i < LENET_MNIST_OUTPUT_CLASS; i++) { PRINTF("class = %d\r\n", i);',
        r'PRINTF("Confidence = %d\r\n", out_data[i]); if (out_data[i] > max_val) {',
        r'PRINTF("Inference time = %lu (us)\r\n", duration_us);',
    ):
        assert re.sub(r"\s", "", line) in text


@pytest.mark.parametrize("count", range(len(main_c.ALL_STEPS) + 1))
def test_a_half_patched_file_ends_the_same(example, target, count):
    whole = main_c.patch(example, target, main_c.ALL_STEPS).text
    half = main_c.patch(example, target, main_c.ALL_STEPS[:count]).text
    assert main_c.patch(half, target, main_c.ALL_STEPS).text == whole


def test_a_second_time_changes_nothing_and_says_so(example, target):
    once = main_c.patch(example, target, main_c.ALL_STEPS)
    twice = main_c.patch(once.text, target, main_c.ALL_STEPS)
    assert twice.text == once.text
    assert all(outcome.diff for outcome in once.outcomes)
    assert not any(outcome.diff for outcome in twice.outcomes)
    assert all("(already so)" in str(outcome) for outcome in twice.outcomes)


def test_weights_go_to_flash_and_back(example, target, make_target):
    in_flash = main_c.patch(example, target, main_c.ALL_STEPS).text
    assert "const uint8_t constantWeight[" in in_flash
    assert "mnist_nxp((uint8_t *)constantWeight, " in in_flash
    back = main_c.patch(in_flash, make_target(weights="ram"), main_c.WEIGHTS_STEPS).text
    assert back == main_c.patch(example, target, main_c.M7_STEPS + main_c.M0_STEPS).text


def _like_cifar10(text):
    """As NXP's other Glow example does it: an image scaled while it is copied, and a label beside the class."""
    loop = """int8_t *scaled = (int8_t *)inputAddr;
  for (int k = 0; k < sizeof(imageData); k++) {
    int32_t value = imageData[k];
    scaled[k] = (int8_t)(value - 128);
  }"""
    text = text.replace("memcpy(inputAddr, imageData, sizeof(imageData));", loop)
    return text.replace('= %lu\\r\\n", max_idx', '= %lu (%s)\\r\\n", max_idx, NAMES[max_idx]')


ODD = {
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "tabs": lambda text: text.replace("  ", "\t"),
    "block comments": lambda text: re.sub(r"// (.*)", r"/* \1 */", text),
    "no comments": lambda text: re.sub(r"//.*", "", text),
    "braces on their own line": lambda text: re.sub(r"\) \{", ")\n{", text),
    "wide": lambda text: re.sub(r"(?<=\w)\(", " ( ", re.sub(r"(?<=[\w)]) ?([,=;*]) ?", r" \1 ", text)),
    "commented calls": lambda text: text.replace(
        "  BOARD_InitBootPins();", "  //BOARD_OldPins();\n  BOARD_InitBootPins();"
    ),
    "pointer beside its type": lambda text: text.replace("float *out_data = (float*)", "float* out_data = (float *)"),
    "another project": lambda text: text.replace("lenet_mnist", "cifar10").replace("LENET_MNIST", "CIFAR10"),
    "older SDK": lambda text: text.replace("GLOW_MEM_ALIGN(", "GLOW_ALIGN(").replace("mnist.weights.txt", "mnist.inc"),
    "printed otherwise": lambda text: text.replace("0.%03u", "%f").replace("(int)(max_val * 1000)", "max_val"),
    "index twice": lambda text: text.replace("max_idx);\n  PRINTF", "max_idx, max_idx);\n  PRINTF"),
    "image of floats": lambda text: text.replace("uint8_t imageData", "float imageData"),
    "labels and a scaling loop": lambda text: _like_cifar10(text),
    "newer SDK": lambda text: text.replace('#include "timer.h"', '#include "timer.h"\n#include "board_init.h"'),
}


@pytest.mark.parametrize("kind", ODD)
def test_each_odd_copy_differs_from_the_example(example, kind):
    assert ODD[kind](example) != example


@pytest.mark.parametrize("kind", ODD)
def test_other_ways_of_writing_the_same_program(example, target, kind):
    text = ODD[kind](example)
    patched = main_c.patch(text, target, main_c.ALL_STEPS).text
    expected = main_c.patch(example, target, main_c.ALL_STEPS).text
    if kind == "another project":
        expected = expected.replace("LENET_MNIST_", "CIFAR10_")
    assert _tokens(patched) == _tokens(expected)
    assert ("\r\n" in patched) == (kind == "CRLF")
    assert patched.count("\r\n") == (patched.count("\n") if kind == "CRLF" else 0)


def _tokens(text):
    """The program without comments and blanks."""
    return re.sub(r"\s", "", re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL))


MISSING = [
    ("step 7", '#include "lenet_mnist.weights.txt"', "weights.txt"),
    ("step 7", '#include "lenet_mnist.h"', "lenet_mnist.h"),
    ("step 7", "lenet_mnist(constantWeight, mutableWeight, activations);", "the call"),
    ("step 8", "GLOW_GET_ADDR(mutableWeight, LENET_MNIST_data)", "inputAddr"),
    ("step 8", "GLOW_GET_ADDR(mutableWeight, LENET_MNIST_softmax)", "outputAddr"),
    ("step 9", "#define LENET_MNIST_INPUT_SIZE    28*28*sizeof(float)", "INPUT_SIZE"),
    ("step 9", '#include "input_image.inc"', "imageData"),
    ("step 10", "float *out_data = (float*)(outputAddr);", "out_data"),
    ("step 11", "float max_val = 0.0;", "max_val"),
    ("step 12", "for(int i = 0; i < LENET_MNIST_OUTPUT_CLASS; i++)", "the loop"),
    ("step 13", "(stop_time - start_time) / 1000", "stop_time"),
    ("step 13", "Inference time", "Inference time"),
    ("M0+ step 6", "int main(void) {", "BOARD_"),
    ("step 7", "uint8_t constantWeight[", "constantWeight"),
    ("step 9", "memcpy(inputAddr, imageData, sizeof(imageData));", "memcpy"),
    ("section 6", "uint8_t", "constantWeight"),
]


@pytest.mark.parametrize(("step", "place", "named"), MISSING, ids=[f"{step} {named}" for step, _, named in MISSING])
def test_the_step_that_cannot_be_applied_is_named(example, target, step, place, named):
    assert place in example
    with pytest.raises(BadInput) as caught:
        main_c.patch(example.replace(place, ""), target, main_c.ALL_STEPS, where="source/main.c")
    message = str(caught.value)
    assert message.startswith(f"source/main.c: the note's {step} finds no ")
    assert named in message.partition(" finds no ")[2]
    assert "\n" not in message


def test_a_float_output_is_refused_with_the_option_that_mends_it(example, make_target):
    with pytest.raises(BadInput, match="the output is float, not int8.*-convert-placeholders"):
        main_c.patch(example, make_target(output="float"))


def test_an_int16_output_is_read_as_one(example, make_target):
    text = main_c.patch(example, make_target(output="i16")).text
    assert "int16_t *out_data = (int16_t*)(outputAddr);" in text
    assert "int16_t max_val = INT16_MIN;" in text


STARTS = {
    "a clock of the console first": "CLOCK_Select(kUART0);\n    BOARD_InitBootPins();\n    BOARD_InitDebugConsole();",
    "one call for all": "BOARD_InitHardware();",
    "in other words": "/* Pins. */\n    BOARD_InitPins();\n    BOARD_BootClockRUN();  // fast\n    BOARD_InitDebugConsole();",
}


@pytest.mark.parametrize("kind", STARTS)
def test_main_starts_as_the_boards_own_example_does(example, make_target, kind):
    body = f'    char c;\n\n    {STARTS[kind]}\n\n    PRINTF("hi");\n    CLOCK_Later();\n'
    hello = f'#include "board.h"\nint main(void)\n{{\n{body}}}\n'
    target = dataclasses.replace(make_target(), hello_world=hello)
    text = main_c.patch(example, target, main_c.ALL_STEPS).text
    calls = re.findall(r"\b(?:BOARD|CLOCK)_\w+\(.*?\);", STARTS[kind])
    started = text[text.index("int main") : text.index("init_timer")]
    assert re.findall(r"\b(?:BOARD|CLOCK)_\w+\(.*?\);", started) == calls
    assert "CLOCK_Later" not in text
    assert main_c.patch(text, target, main_c.ALL_STEPS).text == text


def test_a_dry_run_reports_and_leaves_the_file(example, target, tmp_path):
    path = tmp_path / "main.c"
    path.write_text(example)
    reported = main_c.patch_file(path, target, dry_run=True)
    assert path.read_text() == example
    assert main_c.patch_file(path, target).outcomes == reported.outcomes
    assert path.read_text() == reported.text


def test_a_step_that_fails_leaves_the_file(example, target, tmp_path):
    path = tmp_path / "main.c"
    path.write_text(example.replace("max_val", "best"))
    before = path.read_bytes()
    with pytest.raises(BadInput, match="step 11"):
        main_c.patch_file(path, target)
    assert path.read_bytes() == before


def test_the_diff_shows_what_changes_and_nothing_else(example, target):
    outcome = main_c.patch(example, target, main_c.M7_STEPS[:5]).outcomes[4]
    changed = [line for line in outcome.diff.splitlines() if line[0] in "+-"]
    assert changed == ["-  float max_val = 0.0;", "+  int8_t max_val = INT8_MIN;"]
    assert "corrected: it starts at INT8_MIN" in str(outcome)
