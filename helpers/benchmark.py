"""make benchmark: cycles, flash, RAM and stack of every form, and seconds of everything that people wait for, in one run."""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from helpers import artifacts, errors, images, mnist, sample_networks, speed
from helpers.aot import compile as compiler
from helpers.aot import forms, profile
from helpers.emulated_bundle import EmulatedBundle
from helpers.host_bundle import HostBundle

FORMS = forms.of("cortex-m0plus")
SLOW_MULTIPLIER = 32  # cycles of a multiplication on a Cortex-M0 or M0+ made small
LARGE = 1_000_000  # multiply-accumulates of a network that is measured only where asked for


def _note():
    """The note's network as an integer graph, and the shipped test image as int8."""
    request = compiler.Request({"N": 1}, profile.read(artifacts.need("profile.yaml")), convert_placeholders=True)
    pixels = images.read_png(artifacts.DATA / "current_test_image.png")
    return compiler.compiled_graph(artifacts.need("MNIST_NXP.onnx"), request), _int8(pixels.reshape(28, 28, 1))


def _int8(pixels: np.ndarray) -> np.ndarray:
    return (pixels.astype(np.int16) - 128).astype(np.int8)


def forms(folder: Path) -> dict:
    """Each form of the note's network on an emulated Cortex-M0+; the ratios are to others' zero-wait cycles."""
    graph, image = _note()
    found = {}
    for form in FORMS:
        compiler.emit_bundle(graph, folder / form, "mnist_nxp", compiler.Target("cortex-m0plus", form=form))
        one = speed.measure(form, folder / form, image)
        slow = EmulatedBundle(folder / form, SLOW_MULTIPLIER).measure(image)
        found[form] = {
            "cycles": one.cycles, "cycles_one_wait_state": one.cycles_one_wait, "cycles_32_cycle_multiplier": slow.cycles,
            "flash_bytes": one.flash_bytes, "ram_bytes": one.ram_bytes + one.stack_bytes, "stack_bytes": one.stack_bytes,
            "layers": one.layers, "times_faster_than": {who: round(n / one.cycles, 2) for who, n in speed.OTHERS.items()},
        }  # fmt: skip
    return found


def networks(folder: Path, large: bool) -> dict:
    """Cycles a multiply-accumulate of other networks in the fast form."""
    found = {}
    for name, make in sample_networks.NETWORKS.items():
        graph = make()
        per_layer = sample_networks.multiplications(graph)
        total = sum(per_layer.values())
        if total > LARGE and not large:
            continue
        target = folder / "network"
        compiler.emit_bundle(graph, target, "net", compiler.Target("cortex-m0plus", form="fast"))
        shape = graph.placeholders[0].output.type.shape
        image = np.random.default_rng(1).integers(-128, 128, shape[1:]).astype(np.int8)
        one = EmulatedBundle(target).measure(image)
        layers = {each: round(one.cycles_of.get(f"net_{each}", 0) / n, 2) for each, n in per_layer.items()}
        found[name] = {
            "cycles": one.cycles, "multiply_accumulates": total, "cycles_each": round(one.cycles / total, 2),
            "cycles_each_by_layer": layers,
        }  # fmt: skip
    return found


def host(folder: Path) -> dict:
    """Images a second through the bundle compiled for this machine, and seconds of model-compiler once it is warm."""
    graph, _ = _note()
    compiler.emit_bundle(graph, folder / "host", "mnist_nxp", compiler.Target())
    bundle, digits = HostBundle(folder / "host"), _int8(mnist.load().x_test)[..., None]
    start = time.perf_counter()
    bundle.run(digits)
    rate = len(digits) / (time.perf_counter() - start)
    words = [sys.executable, "-c", "from helpers.aot.cli import model_compiler as m; import sys; sys.exit(m())"]
    words += [f"-model={artifacts.need('MNIST_NXP.onnx')}", f"-load-profile={artifacts.need('profile.yaml')}", "-target=arm"]
    words += ["-mcpu=cortex-m0plus", "-mcpu-form=fast", "-onnx-define-symbol=N,1", "-convert-placeholders"]
    start = time.perf_counter()
    subprocess.run([*words, f"-emit-bundle={folder / 'timed'}"], check=True, capture_output=True, cwd=artifacts.ROOT)
    return {"host_images_per_second": round(rate), "model_compiler_seconds": round(time.perf_counter() - start, 2)}


def training(folder: Path, epochs: int) -> dict:
    """Seconds an epoch of 02_train's training and of plain model.fit, the first (which compiles) left out, and both losses."""
    from helpers import cnn, training  # TensorFlow takes seconds to load
    from helpers.keras import keras

    data, ends, fit_ends = mnist.load(), [], []
    with _build_folder(folder):  # a checkpoint of the reader's own run stays as it is
        run = training.train("note", data, epochs + 1, resume=False, on_progress=lambda p: _note_end(ends, p.fraction))
    stamp = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: fit_ends.append(time.perf_counter()))
    model, checked = cnn.build("note", 1), (cnn.as_input(data.x_test), data.y_test)
    kept = model.fit(
        cnn.as_input(data.x_train), data.y_train, batch_size=32, epochs=epochs + 1, verbose=0, callbacks=[stamp],
        validation_data=checked, validation_batch_size=1000,
    )  # fmt: skip
    seconds, plain = ((each[-1] - each[0]) / epochs for each in (ends, fit_ends))
    return {
        "epoch_seconds": round(seconds, 2), "epoch_seconds_plain_fit": round(plain, 2),
        "of_plain_fit": round(seconds / plain, 2), "losses": [round(n, 4) for n in run.history.loss],
        "losses_plain_fit": [round(n, 4) for n in kept.history["loss"]],
    }  # fmt: skip


@contextlib.contextmanager
def _build_folder(folder: Path):
    before = os.environ.get("WORKBOOK_BUILD")
    os.environ["WORKBOOK_BUILD"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("WORKBOOK_BUILD")
        if before is not None:
            os.environ["WORKBOOK_BUILD"] = before


def _note_end(ends: list[float], fraction: float) -> None:
    if fraction >= 1:
        ends.append(time.perf_counter())


def _print(results: dict) -> None:
    for form, row in results["forms"].items():
        print(
            f"{form:<12} {row['cycles']:>8,} cycles ({row['cycles_one_wait_state']:,} with a wait state, "
            f"{row['cycles_32_cycle_multiplier']:,} with a 32-cycle multiplier), flash {row['flash_bytes']:,} B, "
            f"RAM {row['ram_bytes']:,} B of which stack {row['stack_bytes']}"
        )
        print("  " + ", ".join(f"{layer} {n:,}" for layer, n in row["layers"].items()))
        print("  " + ", ".join(f"{n} times faster than {who}" for who, n in row["times_faster_than"].items()))
    for name, row in results["networks"].items():
        print(f"{name}: {row['cycles']:,} cycles, {row['cycles_each']} a multiply-accumulate")
    for name, value in results.items():
        if name not in ("forms", "networks"):
            print(f"{name.replace('_', ' ')}: {value}")


@errors.command
def main(argv=None) -> None:
    """The command line: everything, or without what takes longest."""
    parser = argparse.ArgumentParser(prog="python -m helpers benchmark", description=__doc__)
    parser.add_argument("--epochs", type=int, default=2, help="epochs to time after a first one; 0 leaves training out")
    parser.add_argument("--no-large", action="store_true", help="leave the networks out that take over ten seconds")
    chosen = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        results = {"forms": forms(folder), "networks": networks(folder, not chosen.no_large), **host(folder)}
        if chosen.epochs > 0:
            results |= training(folder / "training", chosen.epochs)
    _print(results)
    print(f"Written: {artifacts.shown(artifacts.write_json(artifacts.build('benchmark.json'), results))}")
