"""Time the steps that users wait for: inference of the compiled bundle on this machine, the compiler, training."""

import subprocess
import sys
import time
from pathlib import Path

from helpers.common import artifacts
from helpers.compiler import driver, targets
from helpers.compiler.ir.graph import Graph
from helpers.data import images, mnist, profiling_images
from helpers.evaluation import sample_networks
from helpers.evaluation.benchmark import shipped
from helpers.inference import bundle_arrays, measurement
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.inference.host_bundle import HostBundle

PROFILED = 100  # images
ROUNDS = 3  # of the compiler; the first may have to build clang's run-time library


def images_a_second(graph: Graph, folder: Path) -> dict:
    """Return the images per second of the bundle compiled for this machine, over all test images."""
    driver.emit_bundle(graph, folder / "host", "mnist_nxp", driver.Target())
    bundle, digits = HostBundle(folder / "host"), shipped.as_int8(mnist.load().x_test)[..., None]
    start = time.perf_counter()
    bundle.run(digits)
    seconds = time.perf_counter() - start
    return {
        "host_images": len(digits),
        "host_seconds": round(seconds, 3),
        "host_images_per_second": round(len(digits) / seconds),
    }


def compiling(model: Path, ranges: Path, folder: Path) -> dict:
    """Return the best time of several runs of model-compiler in seconds, for a core in its default form."""
    words = [
        sys.executable,
        "-c",
        "from helpers.compiler.commands.commands import model_compiler as m; import sys; sys.exit(m())",
    ]
    words += [f"-model={model}", f"-load-profile={ranges}", "-target=arm", "-onnx-define-symbol=N,1"]
    words += ["-convert-placeholders", f"-emit-bundle={folder / 'timed'}"]
    return {
        f"model_compiler_seconds_{cpu.replace('-', '_')}": min(
            _seconds([*words, f"-mcpu={cpu}"]) for _ in range(ROUNDS)
        )
        for cpu in ("cortex-m0plus", "cortex-m7")
    }


def profiling(model: Path, folder: Path) -> dict:
    """Return the seconds that image-classifier takes to profile 100 images."""
    for number, pixels in enumerate(profiling_images.training(PROFILED)):
        images.write_png(folder / "digits" / f"{number:03d}.png", pixels)
    words = [
        sys.executable,
        "-c",
        "from helpers.compiler.commands.commands import image_classifier as m; import sys; sys.exit(m())",
    ]
    words += [f"-model={model}", "-onnx-define-symbol=N,1", "-image-mode=0to1", "-image-layout=NHWC"]
    words += [f"-input-image-dir={folder / 'digits'}", f"-dump-profile={folder / 'profile.yaml'}"]
    return {"profiling_100_images_seconds": min(_seconds(words) for _ in range(ROUNDS))}


def lenet(folder: Path) -> dict:
    """Return the seconds to compile Table 1's quantised LeNet for the Cortex-M0+ in its default form."""
    graph, start = sample_networks.lenet(), time.perf_counter()
    driver.emit_bundle(graph, folder / "lenet", "lenet", driver.Target("cortex-m0plus"))
    return {"lenet_compile_seconds": round(time.perf_counter() - start, 2)}


def counting(folder: Path) -> dict:
    """Return the seconds of one counted inference of LeNet in plain C, by the compiled hook and in Python, and their ratio."""
    driver.emit_bundle(
        sample_networks.lenet(), folder / "lenet", "lenet", driver.Target("cortex-m0plus", form=targets.PLAIN)
    )
    bundle = EmulatedBundle(folder / "lenet")
    image, times = bundle_arrays.at_random(bundle.header), []
    for counter in (measurement.counter, measurement.Counter):
        start = time.process_time()
        cycles = bundle.measure(image, counter).cycles
        times.append(time.process_time() - start)
    return {
        "counted_cycles": cycles, "counted_seconds": round(times[0], 2), "counted_seconds_in_python": round(times[1], 2),
        "counted_times_faster": round(times[1] / times[0], 1),
    }  # fmt: skip


def _seconds(words: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(words, check=True, capture_output=True, cwd=artifacts.ROOT)
    return round(time.perf_counter() - start, 2)


def training(folder: Path, epochs: int) -> dict:
    """Return seconds per epoch and loss of 02_train's training and of model.fit, without the first epoch, which compiles."""
    from helpers.network import cnn, training  # TensorFlow takes seconds to load

    data, ends = mnist.load(), []
    with artifacts.building_in(folder):  # keep the checkpoint of the reader's own run
        run = training.train("note", data, epochs + 1, resume=False, on_progress=lambda p: _note_end(ends, p.fraction))
    plain_ends, kept = _plain_fit(cnn.build("note", 1), data, epochs + 1)
    seconds, plain = ((each[-1] - each[0]) / epochs for each in (ends, plain_ends))
    return {
        "epoch_seconds": round(seconds, 2), "epoch_seconds_plain_fit": round(plain, 2),
        "of_plain_fit": round(seconds / plain, 2), "losses": [round(n, 4) for n in run.history.loss],
        "losses_plain_fit": [round(n, 4) for n in kept],
    }  # fmt: skip


def _plain_fit(model, data, epochs: int) -> tuple[list[float], list[float]]:
    """Train with model.fit; return the time at which each epoch ended, and its loss."""
    from helpers.network import cnn
    from helpers.network.keras import keras

    ends: list[float] = []
    stamp = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter()))
    history = model.fit(
        cnn.as_input(data.x_train), data.y_train, batch_size=32, epochs=epochs, verbose=0, callbacks=[stamp],
        validation_data=(cnn.as_input(data.x_test), data.y_test), validation_batch_size=1000,
    )  # fmt: skip
    return ends, history.history["loss"]


def _note_end(ends: list[float], fraction: float) -> None:
    if fraction >= 1:
        ends.append(time.perf_counter())
