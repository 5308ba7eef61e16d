#!/usr/bin/env bash
# tensorflow 2.21.0: the TFLite converter gives a dead channel the bias 1,073,741,824.
# One expects a channel whose weights are all zero (pruned, or dead after training) to get some scale and
# a bias of the usual size. Its weight scale is made so small that the bias fills 30 bits exactly; so it
# is for any channel with tiny weights. Nothing is lost in TFLite itself, which multiplies in 64 bits.
# Why it matters: own int8 kernels that shift the sum left before they multiply, or add a rounding constant
# in 32 bits, overflow in that one channel: right on all other channels, wrong by the whole range there.
# What to do: where all weights of a channel are zero, choose a larger scale for it (bias and multiplier
# change alike, the result does not), and put a channel of zeros into every test network.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check tensorflow==2.21.0

cat > program.py <<'PROGRAM'
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import contextlib
import io

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(0)
model = tf.keras.Sequential([tf.keras.layers.Input((8, 8, 1), batch_size=1), tf.keras.layers.Conv2D(3, 3)])
kernel, bias = model.layers[0].get_weights()
kernel[...], bias[:] = rng.normal(size=kernel.shape) * 0.3, [0.5, 0.5, 0.25]
kernel[..., 1], kernel[..., 2] = 0, kernel[..., 2] * 1e-7
model.layers[0].set_weights([kernel, bias])
converter = tf.lite.TFLiteConverter.from_keras_model(model)
converter.optimizations = [tf.lite.Optimize.DEFAULT]
converter.representative_dataset = lambda: ([rng.random((1, 8, 8, 1), dtype=np.float32)] for _ in range(10))
converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
converter.inference_input_type = converter.inference_output_type = tf.int8
with contextlib.redirect_stdout(io.StringIO()):
    content = converter.convert()
interpreter = tf.lite.Interpreter(model_content=content)
interpreter.allocate_tensors()
for d in interpreter.get_tensor_details():
    if d["dtype"] == np.int32 and list(d["shape"]) == [3]:
        for name, value in zip(("ordinary", "all zero", "tiny"), interpreter.get_tensor(d["index"])):
            print(name, "weights: bias", "ordinary" if value < 2**24 else value)
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='ordinary weights: bias ordinary
all zero weights: bias 1073741824
tiny weights: bias 1073741824'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: the bias of a dead channel\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
