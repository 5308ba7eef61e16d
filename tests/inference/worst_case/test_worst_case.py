"""The worst case: by hand for a few instructions, and never below what the note's network takes on digits it has not seen."""

import struct
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from helpers.common.errors import Unsupported
from helpers.compiler import driver, targets
from helpers.compiler.profiling import profile
from helpers.data import mnist
from helpers.hardware import boards
from helpers.hardware.emulator.blocks import Analyst
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.inference.worst_case import bound, flow, latency, observed
from helpers.inference.worst_case.observed import Observed

REFERENCE = Path(__file__).parents[2] / "reference"
KE16Z = boards.load("ke16z")
# Five rounds, in each of which two instructions may be skipped.
LOOP = (
    0x2105,  # 0 movs r1, #5
    0x2800,  # 2 cmp r0, #0
    0xD001,  # 4 beq 0xa
    0x3201,  # 6 adds r2, #1
    0x3201,  # 8 adds r2, #1
    0x3901,  # a subs r1, #1
    0xD1F9,  # c bne 2
    0x4770,  # e bx lr
)
BACK, SKIP, STAY = (0xC, 2), (4, 0xA), (4, 6)


def code(*halfwords, functions=None):
    """A bundle of these instructions."""
    content = struct.pack(f"<{len(halfwords)}H", *halfwords)
    header = SimpleNamespace(name="net")
    functions = functions or {"net": 0}
    return SimpleNamespace(
        code=content,
        functions=functions,
        header=header,
        analyst=Analyst(KE16Z, lambda address, size: b""),
        core="cortex-m0plus",
    )


def seen(*ways):
    """Runs in which these ways were taken so often."""
    return Observed([Counter(each) for each in ways], {}, [0], [0], [0])


def test_every_path_is_counted_and_the_loops_rounds_are_held():
    found = bound.bound(code(*LOOP), seen({BACK: 4, SKIP: 5, (0xC, 0xE): 1}, {BACK: 4, STAY: 5, (0xC, 0xE): 1}), 0)
    assert found.most == 1 + 5 * (1 + 1 + 2 + 1) + 4 * 2 + 1 + 2  # never skipped
    assert found.least == 1 + 5 * (1 + 2 + 1) + 4 * 2 + 1 + 2  # always skipped


def test_a_branch_that_went_both_ways_equally_often_in_every_run_does_not_depend_on_data():
    run = {BACK: 4, SKIP: 2, STAY: 3, (0xC, 0xE): 1}
    found = bound.bound(code(*LOOP), seen(run, run), 0)
    assert found.least == found.most == 1 + 2 * (1 + 2 + 1) + 3 * (1 + 1 + 2 + 1) + 4 * 2 + 1 + 2


def test_a_way_that_was_never_taken_is_a_possible_one():
    run = {BACK: 4, SKIP: 5, (0xC, 0xE): 1}
    assert bound.bound(code(*LOOP), seen(run, run), 0).most == 37


def test_each_fetch_waits():
    run = {BACK: 4, SKIP: 2, STAY: 3, (0xC, 0xE): 1}
    without, waiting = (bound.bound(code(*LOOP), seen(run, run), waits) for waits in (0, 1))
    # Words read: 0 and 4 at first, and again after each jump back; 8 and c behind the branch, either way; at the end none.
    assert waiting.most_with_waits - without.most == 2 + 4 * 2 + 5 * 2


def test_recursion_has_no_bound():
    again = code(0xB500, 0xF7FF, 0xFFFD, 0xBD00)  # push {lr}; bl 0; pop {pc}
    with pytest.raises(Unsupported, match="the paths through its code have no bound"):
        bound.bound(again, seen({}), 0)


def test_the_longest_instruction_and_masks_are_found():
    plain = code(0xCF0F, 0x4770)  # ldm r7!, {r0-r3}; bx lr
    found = latency.of(plain, flow.reachable(plain, {}), 1)
    assert (found.instruction, found.cycles, found.longest) == ("ldm r7!, {r0, r1, r2, r3}", 5 + 1 + 4, 10 + 15 + 2)
    masking = code(0xB672, 0xB662, 0x4770)  # cpsid i; cpsie i; bx lr
    found = latency.of(masking, flow.reachable(masking, {}), 0)
    assert found.masks == ("cpsid i", "cpsie i") and found.longest is None


@pytest.fixture(scope="module")
def network():
    request = driver.Request({"N": 1}, profile.read(REFERENCE / "profile.yaml"), convert_placeholders=True)
    return driver.compiled_graph(REFERENCE / "MNIST_NXP.onnx", request)


BOUNDS = {  # of any input without waits, and with one: as docs/cycles.md shows, for the reference's own profile
    "plain": (241_608, 350_517),
    "fast": (42_574, 63_090),
    "small-flash": (47_829, 70_917),
    "small-ram": (46_240, 68_699),
    "skip-blank": (49_386, 73_136),
    "least-ram": (116_440, 171_387),
}


@pytest.mark.parametrize("form", targets.of("cortex-m0plus"))
def test_no_digit_takes_more_than_the_bound(network, tmp_path, form):
    driver.emit_bundle(network, tmp_path, "net", driver.Target("cortex-m0plus", form=form))
    bundle = EmulatedBundle(tmp_path)
    runs = observed.run(bundle, observed.inputs(bundle, 4), input_in_flash=True)
    found = bound.bound(bundle, runs, 1)
    assert (found.most, found.most_with_waits) == BOUNDS[form]
    assert max(runs.cycles) <= found.most < 1.03 * max(runs.cycles)  # and it is no loose one
    digits = (mnist.load().x_test[:2].astype(int) - 128).astype(np.int8)
    for digit in digits:
        measured = bundle.measure(digit.reshape(bundle.header.input.shape))
        assert found.least <= measured.cycles <= found.most
        assert measured.with_waits(1, input_in_flash=True) <= found.most_with_waits
    delay = latency.of(bundle, flow.reachable(bundle, runs.computed), 0)
    assert delay.longest <= 15 + 8  # no form masks interrupts; the longest instruction pops four registers and PC
