#!/usr/bin/env bash
# emx-onnx-cgen 1.4.0: the C it writes by default takes buffers from the heap and weights from a file.
# One expects C for embedded targets to keep weights in const arrays and buffers static or on the stack.
# Intermediate results of more than 1024 bytes come from malloc() in every call, and where that
# fails the function returns nothing, with the outputs unset and no sign of it. Above 100 KB of weights
# they are not in the code but in a .bin that the program must open by name and read at start.
# Two options turn that off; nothing in the call or in its output says that they are needed.
# Why it matters: on a Cortex-M without heap the network "runs" and answers what was in the buffer before.
# What to do: --large-temp-threshold 0 and --large-weight-threshold 0; count malloc in what is made.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check emx-onnx-cgen==1.4.0 onnx==1.23.2 numpy==2.4.6

cat > program.py <<'PROGRAM'
import pathlib
import subprocess

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

for rows, columns in ((4, 300), (88, 300)):
    w = numpy_helper.from_array(np.ones((rows, columns), np.float32), "w")
    nodes = [helper.make_node("MatMul", ["x", "w"], ["t"]), helper.make_node("Relu", ["t"], ["y"])]
    ends = [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, rows)),
            helper.make_tensor_value_info("y", TensorProto.FLOAT, (1, columns))]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], [w])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), "m.onnx")
    off = ["--large-temp-threshold", "0", "--large-weight-threshold", "0"]
    for options in ([], off) if rows > 4 else ([],):
        out = pathlib.Path(f"out{rows}{len(options)}")
        out.mkdir()
        subprocess.run(["v/bin/emx-onnx-cgen", "compile", *options, "m.onnx", str(out / "m.c")], check=True, capture_output=True)
        code = (out / "m.c").read_text()
        print(f"{rows * columns * 4} bytes of weights, {columns * 4} between,", "thresholds 0:" if options else "default:",
              "malloc", "malloc(" in code, "fopen", "fopen(" in code, "files", *sorted(f.name for f in out.iterdir()))
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='4800 bytes of weights, 1200 between, default: malloc True fopen False files m.c
105600 bytes of weights, 1200 between, default: malloc True fopen True files m.c model.bin
105600 bytes of weights, 1200 between, thresholds 0: malloc False fopen False files m.c'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what the generated C needs\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
