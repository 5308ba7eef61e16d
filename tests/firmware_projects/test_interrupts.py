"""Each board's project with a timer that counts SysTick interrupts, as the note's own timer.c does."""

import dataclasses
import shutil

import pytest

from helpers.evaluation import results
from helpers.firmware import projects as firmware

from .conftest import PLACES

TIMER = """
#include "timer.h"
#include "clock_config.h"
#include "registers.h"

#define TICKS_A_SECOND 1000u
#define RELOAD (BOARD_BOOTCLOCKRUN_CORE_CLOCK / TICKS_A_SECOND - 1u)

static volatile uint32_t milliseconds;
void SysTick_Handler(void);

void SysTick_Handler(void)
{
    milliseconds++;
}

void init_timer(void)
{
    milliseconds = 0;
    REG32(0xE000E014) = RELOAD;
    REG32(0xE000E018) = 0;
    REG32(0xE000E010) = 7u; /* the core's clock, the interrupt, on */
}

uint32_t get_time_in_us(void)
{
    uint32_t before, ticks;

    do {
        before = milliseconds;
        ticks = RELOAD - REG32(0xE000E018);
    } while (before != milliseconds);
    return 1000u * before + ticks / (BOARD_BOOTCLOCKRUN_CORE_CLOCK / 1000000u);
}

bool timer_overran(void)
{
    return false;
}
"""
LONG = """
#include "fsl_debug_console.h"
#include "pin_mux.h"
#include "clock_config.h"
#include "long_timer.h"
#include "board.h"

void SysTick_Handler(void);
void work(void);

void SysTick_Handler(void)
{
    count_timer_round();
}

__attribute__((noinline)) void work(void)
{
    for (int i = 0; i < 400000; i++) {
        __asm volatile(".rept 100\\n nop\\n .endr");
    }
}

int main(void)
{
    BOARD_InitPins();
    BOARD_InitBootClocks();
    BOARD_InitDebugConsole();
    init_long_timer();
    uint32_t start = get_long_time_in_us();
    work();
    PRINTF("%u us\\r\\n", get_long_time_in_us() - start);
    return 0;
}
"""
BOARDS = sorted({name for name, _ in PLACES})


@pytest.mark.parametrize("name", BOARDS)
def test_a_program_that_counts_systick_interrupts_prints_the_notes_lines(projects, runs, tmp_path, name):
    original = projects[name, "flash"]
    folder = tmp_path / name
    shutil.copytree(original.folder, folder, ignore=shutil.ignore_patterns("Release"))
    (folder / "common" / "timer.c").write_text(TIMER)
    project = dataclasses.replace(original, folder=folder)
    firmware.build(project)
    run = firmware.run(project)
    before, after = (results.read_console(text) for text in (runs[name, "flash"].console, run.console))
    assert run.exit == "idle"
    assert after.confidences == before.confidences
    interrupts = after.time_us // 1000
    assert run.exceptions >= interrupts
    assert -5 < after.time_us - before.time_us < 5 + 5 * interrupts  # a handler takes some 50 cycles


def test_a_time_of_more_than_24_bits_of_cycles_is_counted_to_the_microsecond(projects, tmp_path):
    original = projects["ke16z", "flash"]
    folder = tmp_path / "ke16z"
    shutil.copytree(original.folder, folder, ignore=shutil.ignore_patterns("Release"))
    (folder / "source" / "main.c").write_text(LONG)
    project = dataclasses.replace(original, folder=folder)
    firmware.build(project)
    run = firmware.run(project)
    taken = run.function("work").inclusive_cycles_with_waits
    assert taken > 3 * 2**24
    told = int(run.console.split(" us")[0])
    assert 0 <= told - 1e6 * taken / project.board.clock_hz < 15
