"""Form auto: the fastest mix of forms that a budget of flash and RAM allows, with the reference's bits."""

from dataclasses import dataclass

import int8_networks
import numpy as np
import pytest
import random_networks

from helpers.common.errors import DoesNotFit
from helpers.compiler import driver, interpreter, targets
from helpers.compiler.backends.rows.bands import Band, Cutter
from helpers.compiler.backends.thumb import plan
from helpers.compiler.budget import search
from helpers.compiler.commands import commands
from helpers.compiler.targets import Budget
from helpers.inference.emulated_bundle import EmulatedBundle
from tests import samples

AMPLE = 1 << 20
CORE = "cortex-m0plus"


@dataclass(frozen=True)
class Cost:
    """Bytes of flash and RAM, and cycles."""

    flash: int
    ram: int
    cycles: int


def cost(graph, target: driver.Target, folder) -> Cost:
    """What a target's code takes, every output of three inputs being the reference's."""
    driver.emit_bundle(graph, folder / "net", "net", target)
    bundle, shape = EmulatedBundle(folder / "net"), graph.placeholders[0].output.type.shape
    inputs = random_networks.inputs(shape, 3)
    assert np.array_equal(bundle.run(inputs), interpreter.run_many(graph, inputs))
    header = bundle.header
    return Cost(bundle.flash_bytes, header.mutable + header.activations, bundle.measure(inputs[0]).cycles)


def named(form: str) -> driver.Target:
    return driver.Target(CORE, form=form)


def auto(graph, flash: int, ram: int = AMPLE, reuse: bool = False) -> driver.Target:
    return driver.resolved(graph, driver.Target(CORE, form="auto", budget=Budget(flash, ram), reuse_inputs=reuse))


def forms(target: driver.Target) -> set[str]:
    return {layer.form for layer in target.mix.layers}


def test_between_the_small_form_and_the_fast_one(tmp_path):
    graph = int8_networks.NETWORKS["residual"]()
    fast, small = (cost(graph, named(form), tmp_path) for form in ("fast", "small-flash"))
    budget = (fast.flash + small.flash) // 2
    target = auto(graph, budget)
    found = cost(graph, target, tmp_path)
    assert {"fast", "small-flash"} <= forms(target)
    assert small.flash < found.flash <= budget and fast.cycles < found.cycles < small.cycles


def test_where_the_fast_form_fits_it_is_taken_whole(tmp_path):
    graph = int8_networks.NETWORKS["separable"]()
    fast = cost(graph, named("fast"), tmp_path)
    target = auto(graph, fast.flash, fast.ram)
    assert forms(target) <= {"fast", "plain"} and {layer.why for layer in target.mix.layers} & {"all of it fits"}
    assert cost(graph, target, tmp_path) == fast
    assert "// Form: auto\n" in (tmp_path / "net" / "net.h").read_text()


def test_bands_where_whole_layers_do_not_fit(tmp_path):
    graph = int8_networks.NETWORKS["speech"]()
    fast, least = (cost(graph, named(form), tmp_path) for form in ("fast", "small-ram"))
    assert least.ram < fast.ram - 1
    target = auto(graph, AMPLE, fast.ram - 1)
    found = cost(graph, target, tmp_path)
    assert least.ram <= found.ram < fast.ram and target.mix.form.rows
    assert [
        layer for layer in target.mix.layers if layer.by_rows
    ] or found.ram < fast.ram  # an input in place may suffice
    tightest = cost(graph, auto(graph, AMPLE, least.ram), tmp_path)
    assert tightest.ram <= least.ram


def test_little_flash_and_little_ram_together(tmp_path):
    graph = int8_networks.NETWORKS["speech"]()
    fast, small, rows = (cost(graph, named(form), tmp_path) for form in ("fast", "small-flash", "small-ram"))
    budget = Budget((fast.flash + small.flash) // 2, max(small.ram, rows.ram) + 64)
    found = cost(graph, auto(graph, budget.flash, budget.ram), tmp_path)
    assert found.flash <= budget.flash and found.ram <= budget.ram and found.cycles < small.cycles


def test_a_form_of_one_piece_where_no_mix_fits_is_the_fastest_that_does(tmp_path):
    graph = int8_networks.NETWORKS["speech"]()
    small = cost(graph, named("small-flash"), tmp_path)
    target = driver.Target(CORE, form="auto", budget=Budget(small.flash, small.ram))
    assert search._other_form(graph, target, {}).form == "small-flash"


def test_inputs_may_be_overwritten_as_well(tmp_path):
    graph = int8_networks.NETWORKS["separable"]()
    reused = cost(graph, driver.Target(CORE, form="small-flash", reuse_inputs=True), tmp_path)
    fast = cost(graph, named("fast"), tmp_path)
    found = cost(graph, auto(graph, (reused.flash + fast.flash) // 2, max(reused.ram, fast.ram), True), tmp_path)
    assert found.flash <= (reused.flash + fast.flash) // 2


@pytest.mark.parametrize("seed", range(3))
def test_more_ram_means_less_work_between_rows(seed):
    graph = random_networks.Maker(seed).network()
    kernels = plan.kernels(graph, targets.FORMS["small-ram"])
    least, wholes = Cutter(graph, kernels).peak(), Cutter(graph, kernels).peak_of_wholes()
    work = [
        sum(each.work for each in Cutter(graph, kernels, most=most).bands() if isinstance(each, Band))
        for most in (least, (least + wholes) // 2, wholes)
    ]
    assert work == sorted(work, reverse=True) and work[-1] == 0


def test_the_speech_network_needs_bands_at_its_least():
    graph = int8_networks.NETWORKS["speech"]()
    kernels = plan.kernels(graph, targets.FORMS["small-ram"])
    tight, ample = (Cutter(graph, kernels, most=most).bands() for most in (0, AMPLE))
    assert any(isinstance(each, Band) for each in tight) and not any(isinstance(each, Band) for each in ample)


def test_what_does_not_fit_says_what_is_missing():
    graph = int8_networks.NETWORKS["separable"]()
    with pytest.raises(
        DoesNotFit, match=r"^lacks [\d,]+ bytes of flash in form \S+, the nearest to fitting\. Allow more"
    ):
        auto(graph, 1000)
    with pytest.raises(DoesNotFit, match=r"^lacks [\d,]+ bytes of RAM in form"):
        auto(graph, AMPLE, 100)


def test_the_m7_has_its_two_forms():
    graph, target = int8_networks.NETWORKS["separable"](), driver.Target("cortex-m7", form="auto")
    found = [
        driver.resolved(graph, driver.Target("cortex-m7", form="auto", budget=Budget(flash, AMPLE))).form
        for flash in (AMPLE, 7000)
    ]
    assert found == ["fast", "plain"] and target.budget is None


WORDS = [
    f"-model={samples.REFERENCE / 'MNIST_NXP.onnx'}", f"-load-profile={samples.REFERENCE / 'profile.yaml'}",
    "-convert-placeholders", "-onnx-define-symbol=N,1", "-network-name=net", "-target=arm", "-mcpu=cortex-m0plus",
]  # fmt: skip
ROOM = ["-mcpu-form=auto", "-mcpu-flash=7500", "-mcpu-ram=2100", "-mcpu-wait-states=1"]


def test_model_compiler_says_what_it_chose_and_writes_the_same_every_time(tmp_path, capsys):
    made = []
    for name in ("one", "two"):
        assert commands.model_compiler([*WORDS, *ROOM, f"-emit-bundle={tmp_path / name}"]) == 0
        said = capsys.readouterr().out
        made.append([said, *(path.read_bytes() for path in sorted((tmp_path / name).iterdir()))])
    assert made[0] == made[1]
    assert " small-flash  saves " in made[0][0] and " B more of flash save about " in made[0][0]
    bundle = EmulatedBundle(tmp_path / "one")
    assert bundle.header.form == "auto" and bundle.flash_bytes <= 7500
    assert bundle.header.mutable + bundle.header.activations <= 2100


@pytest.mark.parametrize(("words", "said"), [
    (["-mcpu-form=auto", "-mcpu-flash=9000"], "-mcpu-form=auto needs what the network may take. Give -mcpu-flash="),
    (["-mcpu-flash=9000"], "-mcpu-flash changes nothing without -mcpu-form=auto"),
    (["-mcpu-form=fast", "-mcpu-wait-states=1"], "-mcpu-wait-states changes nothing without -mcpu-form=auto"),
    (["-mcpu-form=auto", "-mcpu-flash=9k", "-mcpu-ram=1"], "-mcpu-flash cannot be '9k'"),
    (["-mcpu-form=auto", "-mcpu-flash=9000", "-mcpu-ram=-1"], "-mcpu-ram cannot be '-1'"),
    ([*ROOM[:1], "-mcpu-flash=5000", "-mcpu-ram=300"], "lacks "),
])  # fmt: skip
def test_mistakes_are_one_line_and_nothing_is_written(words, said, tmp_path, capsys):
    assert commands.model_compiler([*WORDS, *words, f"-emit-bundle={tmp_path / 'out'}"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and said in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()
