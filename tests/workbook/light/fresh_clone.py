"""`make test-light`: clone the project, set up the light environment, measure it, and run the road. No package is needed here.

Fails if the environment takes more than 700 MB, before or after the road, if TensorFlow got into it, or if the road stops.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
MOST_MEGABYTES = 700
INHERITED = (
    "PYTHONPATH",
    "PYTHONDONTWRITEBYTECODE",
    "VIRTUAL_ENV",
    "WORKBOOK_BUILD",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MFLAGS",
)


def size(folder: Path) -> int:
    """MB on disk, as `du -sm`."""
    return int(subprocess.run(["du", "-sm", folder], capture_output=True, text=True, check=True).stdout.split()[0])


def within(folder: Path, when: str) -> None:
    taken = size(folder)
    print(f"{when}: the environment takes {taken} MB", flush=True)
    if taken > MOST_MEGABYTES:
        sys.exit(f"error: the light environment takes more than {MOST_MEGABYTES} MB")


def main() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in INHERITED}
    with tempfile.TemporaryDirectory(prefix="light_") as scratch:
        clone = Path(scratch, "clone")
        subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
        start = time.monotonic()
        subprocess.run(["make", "light", f"PYTHON={sys.executable}"], cwd=clone, env=environment, check=True)
        print(f"ready after {time.monotonic() - start:.0f} s", flush=True)
        python = clone / ".venv" / "bin" / "python"
        within(clone / ".venv", "fresh")
        absent = [python, "-c", "import importlib.util as u; raise SystemExit(u.find_spec('tensorflow') is not None)"]
        subprocess.run(absent, env=environment, check=True)
        subprocess.run([python, "-m", "helpers", "run", "--quick"], cwd=clone, env=environment, check=True)
        within(clone / ".venv", "after the road")
        results = json.loads((clone / "build" / "report" / "results.json").read_text())
        right = [row["agrees_with_keras"] for row in results["table2"] if not row["does_not_fit"]]
        if not right or not all(right):
            sys.exit("error: a board's answer is not the network's, or Table 2 is empty")
        print(f"the road from 04 on: {len(right)} programs give the network's class")


if __name__ == "__main__":
    main()
