#!/usr/bin/env bash
# keras 3.15.1: a Keras 2 file with hard_sigmoid loads without a word, and is another function.
# The name means clip(0.2 x + 0.5) in Keras 2 and clip(x / 6 + 0.5) in Keras 3. Layers whose meaning changed
# otherwise are rejected or translated (LeakyReLU's alpha is), so one expects the same of this one. Loaded by
# Keras 3, the network keeps its weights and its outputs are off by up to 0.083.
# ONNX's HardSigmoid has 0.2 by default, and PyTorch's Hardsigmoid 1/6, so each side has its allies.
# Why it matters: gates and squeeze-and-excitation blocks of small networks use it because it is cheap; accuracy
# falls after a change of Keras, and no tool on the way to the chip reports a difference.
# What to do: read such files with tf-keras, or replace the activation by 0.2 * x + 0.5 clipped to 0 and 1.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check tensorflow==2.21.0 tf-keras==2.21.0 keras==3.15.1

cat > program.py <<'PROGRAM'
import keras
import numpy as np
import tf_keras

x = np.float32([[-3, -2.5, -1, 0, 1, 2.5, 3]])
for name in ("hard_sigmoid", "sigmoid", "swish", "gelu"):
    network = tf_keras.Sequential([tf_keras.layers.InputLayer((7,)), tf_keras.layers.Activation(name)])
    network.save("network.h5")
    before = network.predict(x, verbose=0)
    after = keras.models.load_model("network.h5", compile=False).predict(x, verbose=0)
    print(f"{name}: {'equal' if np.allclose(before, after, atol=1e-5) else 'differ'}")
    if name == "hard_sigmoid":
        for keras_version, y in (("Keras 2", before), ("Keras 3", after)):
            print(f"  {keras_version}: {' '.join(f'{value:.3f}' for value in y.ravel())}")
PROGRAM
seen=$(TF_CPP_MIN_LOG_LEVEL=3 v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='hard_sigmoid: differ
  Keras 2: 0.000 0.000 0.300 0.500 0.700 1.000 1.000
  Keras 3: 0.000 0.083 0.333 0.500 0.667 0.917 1.000
sigmoid: equal
swish: equal
gelu: equal'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what Keras 3 makes of a file of Keras 2\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
