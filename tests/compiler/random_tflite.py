"""Random int8 networks made by TensorFlow Lite's converter, in every form of every core, against its reference kernels.

The tests try those of tflite/random.npz, SAVED. To try others (needs TensorFlow):
python tests/compiler/random_tflite.py --count 20 --seed 1000. To write that file again: ... --save
"""

import argparse
import os
import sys
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from every_form import CASES, Case
from narrow_weights import narrowed

from helpers.compiler import driver, interpreter
from helpers.inference.emulated_bundle import EmulatedBundle

KEPT = Path(__file__).parent / "tflite" / "random.npz"
RANDOM = 50
# Seeds; the last three have factors above 2,000, and a window larger than its image.
SAVED = (*range(RANDOM), 9017, 9034, 9107)
MOST_PRODUCTS = 60_000  # of a layer, so that the emulated core is done in a second
ACTIVATIONS = (None, None, "relu", "relu", "relu6")


@dataclass
class Network:
    """A converted file, inputs [n, ...], what the reference kernels answer, and what it is made of."""

    content: bytes
    inputs: np.ndarray
    outputs: np.ndarray
    what: str = ""


@dataclass
class Maker:
    """A Keras model from a seed; `done` says what it did."""

    seed: int
    done: list[str] = field(default_factory=list)

    def __post_init__(self):
        import tensorflow as tf

        self.tf, self.layers, self.random = tf, tf.keras.layers, np.random.default_rng(self.seed)

    def integer(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high + 1))

    def likely(self, chance: float) -> bool:
        return self.random.random() < chance

    def choice(self, things):
        return things[self.integer(0, len(things) - 1)]

    def model(self):
        """One to four layers over an image or a vector, with weights as no training leaves them."""
        self.tf.keras.backend.clear_session()
        if self.likely(0.15):
            x = first = self.tf.keras.Input((self.integer(1, 200),), batch_size=1)
        else:
            size = (self.integer(1, 14), self.integer(1, 14), self.choice([1, 1, 2, 3, 4, 8, self.integer(1, 40)]))
            x = first = self.tf.keras.Input(size, batch_size=1)
        for _ in range(self.integer(1, 4)):
            x = self.layer(x)
        if x is first or (len(x.shape) == 4 and self.likely(0.4)):
            x = self.dense(x)
        if self.likely(0.2) and len(x.shape) == 2 and x.shape[1] > 1:
            x = self.note("softmax", self.layers.Softmax()(x))
        model = self.tf.keras.Model(first, x)
        self.set_weights(model)
        return model

    def note(self, what: str, x):
        self.done.append(f"{what} to {list(x.shape[1:])}")
        return x

    def layer(self, x):
        if len(x.shape) == 2:
            return self.dense(x)
        kind = self.choice(["conv", "conv", "conv", "depthwise", "depthwise", "max", "average", "add", "global"])
        return getattr(self, kind)(x)

    def window(self, x, largest: int) -> dict:
        """Kernel, strides and padding that fit."""
        padding = self.choice(["same", "valid"])
        limits = [largest if padding == "same" else min(largest, n) for n in x.shape[1:3]]
        if self.likely(0.5):
            kernel = (min(3, limits[0]), min(3, limits[1]))
        else:
            kernel = tuple(self.choice([1, 1, self.integer(1, limit)]) for limit in limits)
        side = self.choice([1, 1, 1, 2, 3])
        return {"kernel": kernel, "strides": (side, side), "padding": padding}

    def conv(self, x):
        given = self.window(x, 15)
        taps = int(np.prod(given["kernel"])) * x.shape[3]
        places = -(-x.shape[1] // given["strides"][0]) * -(-x.shape[2] // given["strides"][0])
        most = max(1, MOST_PRODUCTS // (taps * places))
        outputs = min(most, self.choice([1, 2, 3, 4, 5, 8, 16, self.integer(1, 64), self.integer(1, 300)]))
        made = self.layers.Conv2D(
            outputs, given.pop("kernel"), **given, activation=self.choice(ACTIVATIONS), use_bias=self.likely(0.85)
        )
        return self.note(f"conv {made.kernel_size} strides {made.strides} {made.padding}", made(x))

    def depthwise(self, x):
        given = self.window(x, 15)
        given["depth_multiplier"] = self.choice([1, 1, 1, 2])
        made = self.layers.DepthwiseConv2D(given.pop("kernel"), **given, activation=self.choice(ACTIVATIONS))
        return self.note(f"depthwise {made.kernel_size} strides {made.strides} {made.padding}", made(x))

    def max(self, x):
        return self.pool(self.layers.MaxPooling2D, x)

    def average(self, x):
        return self.pool(self.layers.AveragePooling2D, x)

    def pool(self, kind, x):
        given = self.window(x, 4)
        made = kind(given.pop("kernel"), **given)
        return self.note(f"{made.name} {made.pool_size} strides {made.strides} {made.padding}", made(x))

    def add(self, x):
        """A branch and what is left of it added up again."""
        outputs = x.shape[3] if self.likely(0.5) else self.integer(1, 9)
        branches = [self.layers.Conv2D(outputs, 1, activation=self.choice(ACTIVATIONS))(x)]
        branches.append(x if outputs == x.shape[3] else self.layers.Conv2D(outputs, 1)(x))
        total = self.layers.Add()(branches)
        return self.note("add", self.layers.ReLU()(total) if self.likely(0.5) else total)

    def global_(self, x):
        return self.note("global average", self.layers.GlobalAveragePooling2D()(x))

    def dense(self, x):
        flat = self.layers.Flatten()(x) if len(x.shape) == 4 else x
        most = max(1, MOST_PRODUCTS // flat.shape[1])
        outputs = min(most, self.choice([1, 2, 4, 7, 10, 32, self.integer(1, 300)]))
        made = self.layers.Dense(outputs, activation=self.choice(ACTIVATIONS), use_bias=self.likely(0.85))
        return self.note("dense", made(flat))

    def set_weights(self, model) -> None:
        """Filters around zero, of one sign, dead, nearly dead, or many times larger than the others."""
        for layer in model.layers:
            if not layer.weights:
                continue
            kernel, *bias = layer.get_weights()
            alone = isinstance(layer, self.layers.DepthwiseConv2D)
            taps = kernel.reshape(*kernel.shape[:2], 1, -1) if alone else kernel
            taps[:] = self.random.normal(0, 1, taps.shape) / np.sqrt(taps[..., 0].size)
            if self.likely(0.2):
                taps[:] = np.abs(taps)
            taps *= self.factors(taps.shape[-1])
            scale = self.choice([0.0, 0.1, 0.1, 1.0, 10.0])
            bias = [self.random.normal(0, scale, each.shape) for each in bias]
            layer.set_weights([taps.reshape(kernel.shape), *bias])

    def factors(self, outputs: int) -> np.ndarray:
        """What the filters of a layer are multiplied by, one each."""
        kinds = self.choice(["even", "dead", "wide", "all"])
        made = np.ones(outputs)
        if kinds in ("dead", "all"):
            made[self.random.random(outputs) < 0.3] = 0
        if kinds in ("wide", "all"):
            made *= np.where(self.random.random(outputs) < 0.4, 10 ** self.random.uniform(-9, 2, outputs), 1)
        return made


setattr(Maker, "global", Maker.global_)


def samples(random, shape: tuple) -> np.ndarray:
    """What the converter sees of the inputs: of both signs, of one, or far from zero."""
    low, high = [(-1, 1), (0, 1), (-3, 0), (-0.1, 5), (0, 255), (2, 3)][random.integers(6)]
    return random.uniform(low, high, (8, *shape)).astype(np.float32)


def made(seed: int, narrow: bool = False) -> Network:
    """The network of a seed, converted, with what TensorFlow Lite's reference kernels answer. narrow: weights of 2 to 4 bits."""
    import tensorflow as tf

    maker = Maker(seed)
    model = maker.model()
    seen = samples(maker.random, model.input_shape[1:])
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample[None]] for sample in seen)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    content, shape = converter.convert(), model.input_shape[1:]
    if narrow:
        bits, packed = 2 + seed % 3, seed % 2 == 0
        content = narrowed(content, bits, packed)
        maker.done.append(f"weights of {bits} bits{', in INT4' if packed else ''}")
    inputs = maker.random.integers(-128, 128, (5, *shape))
    inputs[0], inputs[1], inputs[2] = -128, 127, maker.random.choice([-128, 127], shape)
    return Network(content, inputs.astype(np.int8), answers(content, inputs.astype(np.int8)), "; ".join(maker.done))


def answers(content: bytes, inputs: np.ndarray) -> np.ndarray:
    """What TensorFlow Lite's reference kernels give for inputs [n, ...] of the network's type."""
    import tensorflow as tf

    kind = tf.lite.experimental.OpResolverType.BUILTIN_REF
    runner = tf.lite.Interpreter(model_content=content, experimental_op_resolver_type=kind)
    runner.allocate_tensors()
    outputs = []
    for sample in inputs:
        runner.set_tensor(runner.get_input_details()[0]["index"], sample[None])
        runner.invoke()
        outputs.append(runner.get_tensor(runner.get_output_details()[0]["index"])[0].copy())
    return np.array(outputs)


def disagreement(network: Network, case: Case | None) -> str | None:
    """What is wrong with the code of a network in one form, or with the integer reference (None); None where nothing is."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "net.tflite")
        path.write_bytes(network.content)
        graph = driver.compiled_graph(path, driver.Request({}))
        if case is None:
            got = interpreter.run_many(graph, network.inputs)
        else:
            target = driver.Target(case.cpu, form=case.form, mul_cycles=case.mul_cycles)
            driver.emit_bundle(graph, Path(scratch, "net"), "net", target)
            got = EmulatedBundle(Path(scratch, "net"), case.mul_cycles, case.cpu).run(network.inputs)
    wrong = int((got != network.outputs.reshape(got.shape)).sum())
    return f"{case or 'reference'}: {wrong} of {got.size} outputs differ: {network.what}" if wrong else None


def tried(network: Network, case: Case | None) -> str | None:
    """As `disagreement`; what stops a form from being made or run is one, too."""
    try:
        return disagreement(network, case)
    except Exception as error:
        return f"{case or 'reference'}: {type(error).__name__}: {error}: {network.what}"


def load(kept: Path = KEPT) -> list[Network]:
    """The networks that are kept."""
    with np.load(kept, allow_pickle=False) as file:
        count = len([name for name in file.files if name.startswith("content")])
        return [
            Network(file[f"content{n}"].tobytes(), file[f"inputs{n}"], file[f"outputs{n}"], str(file[f"what{n}"]))
            for n in range(count)
        ]


def save(networks: list[Network], kept: Path = KEPT) -> None:
    """Keep networks for the tests."""
    arrays = {}
    for n, each in enumerate(networks):
        arrays |= {f"content{n}": np.frombuffer(each.content, np.uint8), f"inputs{n}": each.inputs}
        arrays |= {f"outputs{n}": each.outputs, f"what{n}": np.array(each.what)}
    np.savez_compressed(kept, **arrays)


def main() -> int:
    """Try many networks in every form; status 1 if any output differs or a form cannot be made or run."""
    line = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    line.add_argument("--count", type=int, default=50, help="networks, each in every form")
    line.add_argument("--seed", type=int, default=1000, help="of the first network; the next ones count on")
    line.add_argument("--save", action="store_true", help=f"write those of SAVED to {KEPT.name} instead")
    chosen = line.parse_args()
    warnings.simplefilter("ignore")  # TensorFlow's, of names that it will give up
    seeds = range(chosen.seed, chosen.seed + chosen.count)
    if chosen.save:
        save([made(seed) for seed in SAVED])
        return 0
    wrong = 0
    for seed in seeds:
        try:
            network = made(seed, seed % 5 < 2)
        except Exception as error:
            print(f"seed {seed}: the converter cannot: {str(error).splitlines()[0][:150]}", flush=True)
            continue
        for case in (None, *CASES):
            found = tried(network, case)
            wrong += bool(found)
            if found:
                print(f"seed {seed}, {found}", flush=True)
    print(f"{len(seeds)} networks from seed {chosen.seed} in {len(CASES)} forms: {wrong} wrong")
    return 1 if wrong else 0


os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if __name__ == "__main__":
    sys.exit(main())
