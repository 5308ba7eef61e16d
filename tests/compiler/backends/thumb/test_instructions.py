"""Every immediate, offset and branch is checked where it is emitted: the table against the assembler, and a fuzz of networks."""

from dataclasses import replace

import extreme_networks
import numpy as np
import pytest

from helpers.common.errors import Unsupported
from helpers.compiler import targets
from helpers.compiler.backends.thumb import program
from helpers.compiler.backends.thumb.assembler import instructions
from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.ir.window import Window
from helpers.compiler.numerics.requantisation import Requantisation, requantisation
from helpers.hardware import toolchain

# At the edge of what there is, and just behind it.
HOLDS = {
    "movs r0, #255": "movs r0, #256", "cmp r7, #255": "cmp r7, #256", "adds r1, #255": "adds r1, #256",
    "adds r1, r2, #7": "adds r1, r2, #8", "subs r1, #255": "subs r1, #-256", "lsls r0, r1, #31": "lsls r0, r1, #32",
    "lsrs r0, r1, #32": "lsrs r0, r1, #0", "asrs r0, r1, #32": "asrs r0, r1, #33", "ldrb r0, [r1, #31]": "ldrb r0, [r1, #32]",
    "strb r0, [r1, #31]": "strb r0, [r1, #-1]", "ldrh r0, [r1, #62]": "ldrh r0, [r1, #63]",
    "strh r0, [r1, #62]": "strh r0, [r1, #64]", "ldr r0, [r1, #124]": "ldr r0, [r1, #126]",
    "str r0, [r1, #124]": "str r0, [r1, #128]", "ldr r0, [sp, #1020]": "ldr r0, [sp, #1024]",
    "str r0, [sp, #1020]": "str r0, [sp, #1022]", "add sp, #508": "add sp, #512", "sub sp, #508": "sub sp, #510",
    "add r0, sp, #1020": "add r0, sp, #1024", "add r8, r1": "adds r8, r8, r1", "mov r12, r0": "movs r12, r0",
    "cmp r6, lr": "ands r6, lr", "muls r1, r2, r1": "muls r1, r2, r3", "rsbs r1, r2, #0": "rsbs r1, r2, #1",
    "ldmia r0!, {r1, r2}": "ldmia r0!, {r2, r1}", "stmia r0!, {r1, r7}": "stmia r0!, {r1, r8}",
    "push {r4, lr}": "push {r4, r8}", "pop {r4, pc}": "pop {r4, lr}", "ldrsb r1, [r2, r3]": "ldrsb r1, [r2, #1]",
    "uxth r0, r1": "uxth r0, r8", "adcs r5, r7": "adcs r5, r8",
}  # fmt: skip


@pytest.mark.parametrize("good", HOLDS)
def test_the_edges(good):
    instructions.check(good)
    with pytest.raises(Unsupported, match="cannot encode. Choose -mcpu-form=plain") as refused:
        Assembly("x").emit(HOLDS[good])
    assert f"`{HOLDS[good]}`" in str(refused.value)


def test_the_assembler_takes_what_the_table_takes(tmp_path):
    text = "    .syntax unified\n    .thumb\n" + "".join(f"    {each}\n" for each in HOLDS)
    (tmp_path / "all.S").write_text(text)
    toolchain.compile_object(tmp_path / "all.S", tmp_path / "all.o", "cortex-m0plus")


def assembled(instruction: str, distance: int, back: bool, folder) -> bool:
    """Whether the assembler takes a branch over so many bytes."""
    gap = "    .space {}\n"
    body = f"there:\n{gap.format(distance)}    {instruction} there\n" if back else (
        f"    {instruction} there\n{gap.format(distance - 2)}there:\n    nop\n"
    )  # fmt: skip
    (folder / "one.S").write_text(f"    .syntax unified\n    .thumb\n    .text\nhere:\n{body}")
    try:
        toolchain.compile_object(folder / "one.S", folder / "one.o", "cortex-m0plus")
    except Exception as error:
        assert "range" in str(error)
        return False
    return True


@pytest.mark.parametrize(
    ("instruction", "distance", "back"),
    [("beq", 258, False), ("beq", 252, True), ("b", 2050, False), ("b", 2044, True)],
)
def test_branches_as_far_as_the_assembler_lets_them(instruction, distance, back, tmp_path):
    for more, reaches in ((0, True), (2, False)):
        assert assembled(instruction, distance + more, back, tmp_path) == reaches
        asm = Assembly("x")
        if back:
            label = asm.here()
            asm.emit(*["movs r0, r1"] * ((distance + more) // 2), f"{instruction} {label}")
        else:
            label = asm.label()
            asm.emit(f"{instruction} {label}", *["movs r0, r1"] * ((distance + more) // 2 - 1))
            asm.place(label)
        if reaches:
            assert asm.text
        else:
            with pytest.raises(Unsupported, match=f"over -?{distance + more} bytes"):
                asm.text  # noqa: B018


def test_a_literal_out_of_reach():
    asm = Assembly("x")
    asm.literal("r0", 1000)
    asm._first_literal = None  # as if nobody had remembered it
    asm.emit(*["movs r0, r1"] * 600)
    asm._first_literal = 0
    with pytest.raises(Unsupported, match="ldr r0, =0x3e8` over"):
        asm.pool()


FORMS = [(form, mul_cycles) for form in targets.FORMS.values() for mul_cycles in (1, 32)]


@pytest.mark.parametrize("seed", range(24))
def test_networks_of_any_size_can_be_encoded(seed):
    """Not assembled here: the table stands for the assembler. Seeds 7, 8 and 17 have strides of 90 and an odd width."""
    form, mul_cycles = FORMS[seed % len(FORMS)]
    program.program(extreme_networks.Maker(seed).network(), replace(form, mul_cycles=mul_cycles), "net", "net")


@pytest.mark.parametrize(("channels", "kernel"), [(28, 3), (10, 5), (200, 1)])
def test_weights_that_leave_one_tap_to_a_group(channels, kernel):
    """250 groups a channel: those that are done found no place on the stack that a store reaches."""
    graph = Graph("net")
    value = graph.add_placeholder("x", TensorType((1, 12, 12, channels), "int8", 0.01, -128))
    weights, window = np.full((4, kernel, kernel, channels), -128, np.int8), Window((kernel, kernel))
    inputs = [
        value,
        graph.add_constant("weights", weights, TensorType(weights.shape, "int8", 0.01, 127)),
        graph.add_constant("bias", np.zeros(4, np.int32), TensorType((4,), "int32", 1.0)),
    ]
    result = TensorType((1, *window.output_size(12, 12), 4), "int8", 0.01, 127)
    rules = {"requantisation": requantisation(1e-5, 127), "bias_requantisation": Requantisation(0, 0, 1)}
    node = graph.add("Convolution", "conv", inputs, [result], window=window, group=1, **rules)
    graph.add_output("y", node.output)
    for form, mul_cycles in FORMS:
        made = program.program(graph, replace(form, mul_cycles=mul_cycles), "net", "net")
        assert made.kernels[-1][1] == "channel lanes"
