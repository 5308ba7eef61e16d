"""Code for cores whose multiplication takes 32 cycles: the same results, and in no layer more cycles than plain C."""

import every_form
import numpy as np
import pytest

from helpers.compiler import driver, interpreter, targets
from helpers.compiler.backends.thumb.arithmetic import shift_add
from helpers.compiler.commands import commands
from helpers.inference.emulated_bundle import EmulatedBundle

SLOW = 32
FIGURES = {"fast": 77_420, "small-flash": 79_464}  # cycles of the note's network; may grow by three parts in a hundred
GROWTH = 1.03
SLACK = 150  # cycles: what a layer more or less of some elements takes


def emulated(graph, form: str, folder, mul_cycles: int = SLOW) -> EmulatedBundle:
    driver.emit_bundle(graph, folder / form, "net", driver.Target("cortex-m0plus", form=form, mul_cycles=mul_cycles))
    return EmulatedBundle(folder / form, SLOW)


def value(steps: shift_add.Chain, product: int | None) -> int:
    """What a chain makes of an input of 1."""
    made = product or 0
    for how, bits in steps:
        made = {"input": 1 << bits, "left": made << bits, "plus": made + 1, "minus": made - 1}[how]
    return made


@pytest.mark.parametrize("product", [None, 1, 2, 3, 5, 12, 77, 255])
def test_chains_make_the_product(product):
    lengths = []
    for amount in range(1, 1024):
        steps = shift_add.chain(amount, product)
        assert value(steps, product) == amount
        lengths.append(len(steps))
    assert max(lengths[:255]) <= 8


def by_layer(bundle: EmulatedBundle, image) -> dict[str, int]:
    return {name.removeprefix("net_"): cycles for name, cycles in bundle.measure(image).cycles_of.items()}


@pytest.mark.parametrize("form", sorted(FIGURES))
def test_the_notes_network(form, note, tmp_path):
    graph = driver.compiled_graph(*note)
    images = np.random.default_rng(1).integers(-128, 128, (8, 28, 28, 1)).astype(np.int8)
    bundle = emulated(graph, form, tmp_path)
    assert np.array_equal(bundle.run(images), interpreter.run(graph, {"max_pooling_1_input": images})["dense_2"])
    assert bundle.measure(images[0]).cycles <= GROWTH * FIGURES[form]
    plain = by_layer(emulated(graph, targets.PLAIN, tmp_path), images[0])
    worse = {name: n for name, n in by_layer(bundle, images[0]).items() if n > plain.get(name, 0)}
    assert not worse


def by_kind(bundle: EmulatedBundle, image) -> dict[str, int]:
    """Cycles of convolutions and of dense layers with their Relus, copies into the order that a kernel wants included."""
    total = {"conv": 0, "dense": 0}
    for name, cycles in by_layer(bundle, image).items():
        total["conv"] += cycles if name.startswith("conv") else 0
        total["dense"] += cycles if name.startswith(("dense", "relu", "flat")) else 0
    return total


def check(seed: int, form: str, folder) -> None:
    graph, what, images, _ = every_form.network(seed)
    quick, slow = (by_kind(emulated(graph, each, folder), images[0]) for each in (form, targets.PLAIN))
    assert all(quick[kind] <= slow[kind] + SLACK for kind in quick), f"seed {seed}, form {form}: {what}: {quick} {slow}"


@pytest.mark.parametrize("form", targets.BY_MUL_CYCLES)
@pytest.mark.parametrize("seed", range(4))
def test_a_few_random_networks_are_no_slower(seed, form, tmp_path):
    check(seed, form, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("form", targets.BY_MUL_CYCLES)
def test_many_random_networks_are_no_slower(form, tmp_path):
    for seed in range(200, 230):
        check(seed, form, tmp_path)


def test_the_command_line_makes_it(note_model, note_profile, tmp_path, capsys):
    words = ["-target=arm", "-mcpu=cortex-m0", "-onnx-define-symbol=N,1", "-convert-placeholders", "-network-name=net"]
    words += [f"-model={note_model}", f"-load-profile={note_profile}", "-mcpu-multiplier=32"]
    assert commands.model_compiler([*words, "-mcpu-form=fast", f"-emit-bundle={tmp_path / 'b'}"]) == 0
    assert "muls" not in (tmp_path / "b" / "net_kernels.S").read_text().split("conv_3")[0]
    assert commands.model_compiler([*words, "-mcpu-form=plain", f"-emit-bundle={tmp_path / 'c'}"]) == 2
    assert "-mcpu-multiplier=32 changes nothing in form plain" in capsys.readouterr().err
