"""The note's network, interrupted at random instructions: every output and every kept register is as without."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.compiler import driver, targets
from helpers.compiler.profiling import profile
from helpers.data import images
from helpers.hardware.emulator.run import run_elf

from .program import KE16Z, assemble

BOARD = dataclasses.replace(KE16Z, peripherals=())
# SysTick's handler spoils what it may, and sets the time to the next interrupt by a linear congruential generator.
SOURCE = """
#include <stdint.h>
#include "net.h"
#define REG(address) (*(volatile uint32_t *)(address))
const volatile uint32_t seed = 1;
uint8_t mutable_weights[NET_MUTABLE_MEM_SIZE] __attribute__((aligned(64), section(".bss.mutable")));
uint8_t activations[NET_ACTIVATIONS_MEM_SIZE] __attribute__((aligned(64), section(".bss.activations")));
const uint8_t constants[] __attribute__((aligned(64))) = {
#include "net.weights.txt"
};
const uint8_t image[] = {IMAGE};
uint8_t answer[21] __attribute__((section(".bss.answer")));
static uint32_t state __attribute__((section(".bss.state")));
int registers_kept(void *constants, void *mutable_weights, void *activations);

void SysTick_Handler(void)
{
    state = state * 1664525u + 1013904223u;
    REG(0xE000E014) = 40 + (state >> 22);
    REG(0xE000E018) = 0;
    __asm volatile("movs r0, #0\\n mvns r0, r0\\n mov r1, r0\\n mov r2, r0\\n mov r3, r0\\n mov r12, r0\\n adds r0, r0"
                   ::: "r0", "r1", "r2", "r3", "r12", "cc");
}

void work(void)
{
#ifdef NET_max_pooling_1_input_IN_PLACE
    *(const uint8_t **)(mutable_weights + NET_max_pooling_1_input) = image;
#else
    for (uint32_t i = 0; i < sizeof image; i++) {
        mutable_weights[NET_max_pooling_1_input + i] = image[i];
    }
#endif
    state = seed;
    if (seed) {
        REG(0xE000E014) = 100;
        REG(0xE000E018) = 0;
        REG(0xE000E010) = 7;
    }
    answer[20] = registers_kept((void *)constants, mutable_weights, activations);
    REG(0xE000E010) = 0;
    for (int i = 0; i < 10; i++) {
        answer[2 * i] = 'a' + (mutable_weights[NET_dense_2 + i] >> 4);
        answer[2 * i + 1] = 'a' + (mutable_weights[NET_dense_2 + i] & 15);
    }
}
"""
# Calls the network with r4 to r11 set to known values; 1 if all of them and the stack are as they were.
KEEPER = """
.section .vectors, "a"
.word 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, SysTick_Handler
.text
function Reset_Handler
bl work
movs r0, #5
ldr r1, =arguments
bkpt #0xab
movs r0, #0x18
ldr r1, =0x20026
bkpt #0xab
.p2align 2
arguments: .word 1, answer, 21
.ltorg
function registers_kept
push {r4-r7, lr}
movs r4, #104
movs r5, #105
movs r6, #106
movs r7, #107
mov r8, r4
mov r9, r5
mov r10, r6
mov r11, r7
bl net
movs r0, #0
cmp r4, #104
bne 1f
cmp r5, #105
bne 1f
cmp r6, #106
bne 1f
cmp r7, #107
bne 1f
cmp r8, r4
bne 1f
cmp r9, r5
bne 1f
cmp r10, r6
bne 1f
cmp r11, r7
bne 1f
movs r0, #65
1: pop {r4-r7, pc}
"""
SEEDS = (1, 2, 3)
REFERENCE = Path(__file__).parents[2] / "reference"


@pytest.fixture(scope="module")
def network():
    request = driver.Request({"N": 1}, profile.read(REFERENCE / "profile.yaml"), convert_placeholders=True)
    return driver.compiled_graph(REFERENCE / "MNIST_NXP.onnx", request)


def program(network, folder, form):
    driver.emit_bundle(network, folder, "net", driver.Target("cortex-m0plus", form=form))
    pixels = images.preprocess(
        images.read_png(artifacts.DATA / "current_test_image.png"), "neg128to127", "NHWC", "BGR", np.int8
    )
    source = SOURCE.replace("IMAGE", ", ".join(str(byte) for byte in pixels.tobytes()))
    return assemble(folder, KEEPER, BOARD, source, [folder / "net.o"])


def logits(console):
    """The ten outputs from their two letters each."""
    values = [(ord(console[i]) - 97 << 4) + ord(console[i + 1]) - 97 for i in range(0, 20, 2)]
    return np.array(values, np.uint8).view(np.int8)


@pytest.mark.parametrize("form", targets.of("cortex-m0plus"))
def test_an_interrupt_anywhere_changes_nothing(network, tmp_path, form):
    path = program(network, tmp_path, form)
    alone = run_elf(path, BOARD, wait_states=0, data={"seed": bytes(4)}).checked()
    expected = np.load(REFERENCE / "logits.profile1.test10k.npz")["logits"][0]
    assert (alone.exceptions, alone.console[20]) == (0, "A")
    assert list(logits(alone.console)) == list(expected)
    for seed in SEEDS:
        result = run_elf(path, BOARD, wait_states=seed % 2, data={"seed": seed.to_bytes(4, "little")}).checked()
        assert result.console == alone.console
        assert result.exceptions > 30
