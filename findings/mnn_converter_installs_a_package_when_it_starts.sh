#!/usr/bin/env bash
# mnn 3.6.1: starting mnnconvert or mnnquant from the Python package runs "pip install" of another package, twice.
# One expects a converter to read a file and write a file. Importing MNN.tools first installs a client for a logging
# service, with whatever pip comes first on the PATH: if the environment is not activated, that is another
# Python's, and what that package needs replaces older versions there. By the module's source each conversion is then
# reported with a machine id, a model id and the file sizes, if the network lets it. A pip that only notes its
# words stands in here, so nothing is installed or sent.
# Why it matters: pinned and offline environments change under your hands, and a build's first run differs
# from its second.
# What to do: call the compiled module alone (import _tools; _tools.mnnconvert([...])), or use MNN's own binary.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check mnn==3.6.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import os
import pathlib

folder = pathlib.Path("stand-in").absolute()
folder.mkdir()
pip = folder / "pip"
pip.write_text(f'#!/bin/sh\necho "pip $*" >> {folder}/words\n')
pip.chmod(0o755)
os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"

for name in ("_tools", "MNN", "MNN.tools.mnnconvert"):
    words = folder / "words"
    words.unlink(missing_ok=True)
    __import__(name)
    with open("seen.txt", "a") as file:  # MNN prints lines of its own
        file.write(f"import {name}: {' and '.join(words.read_text().splitlines()) if words.exists() else 'runs no pip'}\n")
PROGRAM
v/bin/python program.py > log 2> errors || { cat errors >&2; exit 1; }
seen=$(cat seen.txt)

expected='import _tools: runs no pip
import MNN: runs no pip
import MNN.tools.mnnconvert: pip install -U aliyun-log-python-sdk and pip install -U aliyun-log-python-sdk'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what starting the converter runs\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
