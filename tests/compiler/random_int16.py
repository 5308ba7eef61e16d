"""Random networks of int16 activations and int8 weights made by TensorFlow Lite's converter, against its reference kernels.

The tests try those of tflite/int16.npz, SAVED. To try others (needs TensorFlow):
python tests/compiler/random_int16.py --count 20 --seed 1000. To write that file again: ... --save
"""

import argparse
import multiprocessing
import sys
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import int16_files
import numpy as np
import random_tflite
from every_form import CASES
from random_tflite import Network

KEPT = Path(__file__).parent / "tflite" / "int16.npz"
SAVED = (0, 1, 2, 5, 6, 7, 9, 10, 14, 17, 19, 1019)
REFUSED = "cannot bridge"  # layers that answer nothing but 0 get a scale of nearly 0: a factor that no shift reaches
KINDS = (
    "conv", "conv", "conv", "depthwise", "depthwise", "max", "average", "add", "global_",
    "subtract", "multiply", "concatenate", "pad", "leaky", "curve", "part", "turn", "larger", "clipped",
)  # fmt: skip


@dataclass
class Maker(random_tflite.Maker):
    """As for int8, and with more of what TFLite computes with 16 bits."""

    def layer(self, x):
        if len(x.shape) == 2:
            return getattr(self, self.choice(["dense", "dense", "leaky", "curve", "multiply", "clipped"]))(x)
        return getattr(self, self.choice(KINDS))(x)

    def other(self, x):
        """A value of the same shape and another scale."""
        return self.tf.nn.relu(x + self.choice([0.3, -0.5])) if self.likely(0.5) else x * self.choice([0.1, 1.7, -3.0])

    def subtract(self, x):
        return self.note("difference", x - self.other(x))

    def multiply(self, x):
        row = np.linspace(-1, 2, x.shape[-1]).astype(np.float32)
        return self.note("product", x * (self.other(x) if self.likely(0.5) else row))

    def concatenate(self, x):
        return self.note("concatenation", self.tf.concat([x, self.other(x)], self.choice([1, 3])))

    def pad(self, x):
        pads = [[0, 0], *([self.integer(0, 2), self.integer(0, 2)] for _ in x.shape[1:])]
        return self.note("pad", self.tf.pad(x, pads))

    def leaky(self, x):
        return self.note("leaky", self.tf.nn.leaky_relu(x, self.choice([0.2, 0.01, 1.5, -0.4])))

    def curve(self, x):
        factor = self.choice([0.05, 1.0, 1.0, 4.0, 30.0])
        kind = self.choice(["sigmoid", "tanh", "softmax"] if x.shape[-1] > 1 else ["sigmoid", "tanh"])
        return self.note(kind, getattr(self.tf.nn, kind)(x * factor if self.likely(0.5) else x))

    def part(self, x):
        return self.note("slice", x[:, x.shape[1] // 2 :, :: self.integer(1, 2)])

    def turn(self, x):
        return self.note("transpose", self.tf.transpose(x, self.choice([[0, 2, 1, 3], [0, 3, 1, 2], [0, 1, 3, 2]])))

    def larger(self, x):
        return self.note("maximum", self.tf.maximum(x, self.other(x)))

    def clipped(self, x):
        kind = self.choice(["relu", "relu6"])
        return self.note(kind, getattr(self.tf.nn, kind)(x * self.choice([1.0, 2.0, 9.0])))


def made(seed: int) -> Network:
    """The network of a seed, converted, with what TensorFlow Lite's reference kernels answer."""
    import tensorflow as tf

    maker = Maker(seed)
    model = maker.model()
    shape = model.input_shape[1:]
    seen = random_tflite.samples(maker.random, shape)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample[None]] for sample in seen)
    operators = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
    converter.target_spec.supported_ops = [operators]
    converter.inference_input_type = maker.choice([tf.int16, tf.int16, tf.float32])
    converter.inference_output_type = maker.choice([tf.int16, tf.int16, tf.float32])
    if maker.likely(0.3) and "depthwise" not in str(maker.done):  # which has no kernel for int32 biases
        converter._experimental_full_integer_quantization_bias_type = tf.int32
        maker.done.append("biases of 32 bits")
    content = converter.convert()
    if b"\x00\x00\x80\x7f" * 2 in content:
        raise ValueError("scales that are infinite")
    inputs = maker.random.integers(-(2**15), 2**15, (5, *shape)).astype(np.int16)
    inputs[0], inputs[1], inputs[2] = -(2**15), 2**15 - 1, maker.random.choice([-(2**15), 2**15 - 1], shape)
    if converter.inference_input_type == tf.float32:
        inputs = (inputs * (1.2 * np.abs(seen).max() / 2**15)).astype(np.float32)
    return Network(content, inputs, random_tflite.answers(content, inputs), "; ".join(maker.done))


def hand_made() -> list[Network]:
    """The networks of int16_files.py, with what TensorFlow Lite's reference kernels answer."""
    import tensorflow as tf

    made = []
    for what, content in int16_files.files().items():
        given = tf.lite.Interpreter(model_content=content).get_input_details()[0]
        inputs = int16_files.inputs(tuple(given["shape"][1:]))
        made.append(Network(content, inputs, random_tflite.answers(content, inputs), what))
    return made


def made_apart(seeds: Iterable[int]) -> Iterator[tuple[int, Network | str]]:
    """The networks of seeds, or why there is none, made in another process: some files stop TensorFlow Lite altogether."""
    pool = None
    for seed in seeds:
        pool = pool or ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), warnings.simplefilter, ("ignore",))
        try:
            yield seed, pool.submit(made, seed).result()
        except BrokenProcessPool:
            pool = None
            yield seed, "TensorFlow Lite stops its process"
        except Exception as error:
            yield seed, f"the converter cannot: {str(error).splitlines()[0][:150]}"


def main() -> int:
    """Try many networks in every form; status 1 if any output differs or a form cannot be made or run."""
    line = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    line.add_argument("--count", type=int, default=50, help="networks, each in every form")
    line.add_argument("--seed", type=int, default=1000, help="of the first network; the next ones count on")
    line.add_argument("--reference", action="store_true", help="try the reference in numpy only")
    line.add_argument("--save", action="store_true", help=f"write those of SAVED to {KEPT.name} instead")
    chosen = line.parse_args()
    warnings.simplefilter("ignore")  # TensorFlow's, of names that it will give up
    if chosen.save:
        random_tflite.save([*map(made, SAVED), *hand_made()], KEPT)
        return 0
    seeds, wrong = range(chosen.seed, chosen.seed + chosen.count), 0
    cases = (None, *(() if chosen.reference else CASES))
    for seed, network in made_apart(seeds):
        if isinstance(network, str):
            print(f"seed {seed}: {network}", flush=True)
            continue
        for case in cases:
            found = random_tflite.tried(network, case)
            wrong += bool(found) and REFUSED not in found
            if found:
                print(f"seed {seed}, {found}", flush=True)
    print(f"{len(seeds)} networks from seed {chosen.seed} in {len(cases)} ways: {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
