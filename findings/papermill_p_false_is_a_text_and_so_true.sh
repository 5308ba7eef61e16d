#!/usr/bin/env bash
# papermill 2.7.0: `-p retrain false` gives a notebook the text "false", which Python takes for true.
# Only the words True, False and None, spelt so, become what they say; `false` and `null`, as YAML, JSON, TOML and the shell
# write them, stay texts, and `if retrain:` runs. In the other direction, a seat that is called `nan`, `Infinity`
# or `1_000` becomes a number.
# Why it matters: an instructor turns a long training off, and it runs.
# What to do: write -y "retrain: false" for flags, -r for texts, and check in the notebook that a flag is a bool.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check papermill==2.7.0 ipykernel==7.3.0

cat > program.py <<'PROGRAM'
import json
import os
import subprocess
import sys

import nbformat

nbformat.write(
    nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("given = None", metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell("print(repr(given), bool(given))"),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}},
    ),
    "notebook.ipynb",
)
for option, value in (
    ("-p", "False"), ("-p", "false"), ("-p", "null"), ("-y", "given: false"),
    ("-p", "nan"), ("-p", "1_000"), ("-r", "1_000"),
):
    words = [option, value] if option == "-y" else [option, "given", value]
    papermill = os.path.join(os.path.dirname(sys.executable), "papermill")
    subprocess.run([papermill, "notebook.ipynb", "out.ipynb", *words, "--no-progress-bar"], check=True, capture_output=True)
    with open("out.ipynb") as file:
        cells = json.load(file)["cells"]
    print(*words, "->", cells[-1]["outputs"][0]["text"][0].strip())
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected=$(cat <<'EXPECTED'
-p given False -> False False
-p given false -> 'false' True
-p given null -> 'null' True
-y given: false -> False False
-p given nan -> nan True
-p given 1_000 -> 1000 True
-r given 1_000 -> '1_000' True
EXPECTED
)
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what a notebook is given\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
