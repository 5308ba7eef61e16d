"""The model's inner loops beside llvm-mca, which schedules by LLVM's description of the core: a second opinion.

    python -m tests.hardware.emulator.cortex_m7.llvm_mca

Takes the long loops of the note's network in its fast form. llvm-mca knows neither IT nor predicted branches, so these are left
out for both; LLVM_MCA names the program, if it is none of the usual.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from capstone import CsInsn

from helpers.compiler import driver
from helpers.evaluation.benchmark import shipped
from helpers.hardware.emulator.cortex_m7.decoding import ALWAYS, operation
from helpers.hardware.emulator.cortex_m7.issue import Pipeline
from helpers.inference.emulated_bundle import CODE, EmulatedBundle

REFERENCE = Path(__file__).parents[3] / "reference"
ROUNDS = 200
SHORTEST = 40  # instructions; what a shorter loop costs is mostly its branch
COMMAND = ("-mtriple=thumbv7em-none-eabi", "-mcpu=cortex-m7", f"-iterations={ROUNDS}")


class Loop(NamedTuple):
    """A straight run of instructions in a loop: cycles of a round, as the model and as llvm-mca count them."""

    function: str
    instructions: int
    model: float
    llvm: float

    @property
    def difference(self) -> float:
        """The model's count beyond llvm-mca's, as a share of it."""
        return self.model / self.llvm - 1


def tool() -> str | None:
    """The path of llvm-mca, the newest at hand."""
    names = [os.environ.get("LLVM_MCA"), *(f"llvm-mca-{version}" for version in range(25, 13, -1)), "llvm-mca"]
    return next((path for name in names if name and (path := shutil.which(name))), None)


def loops(mca: str) -> list[Loop]:
    """Both counts of the long blocks that the note's network runs, as rounds of loops."""
    with tempfile.TemporaryDirectory() as folder:
        graph = shipped.graph(REFERENCE / "MNIST_NXP.onnx", REFERENCE / "profile.yaml")
        driver.emit_bundle(graph, Path(folder), "mnist_nxp", driver.Target("cortex-m7", form="fast"))
        bundle = EmulatedBundle(folder, core="cortex-m7")
        bundle.measure(shipped.image())
    rows = []
    for (address, size), (_, name) in sorted(bundle.blocks.items()):
        listing = bundle.analyst.disassembler.disasm(bundle.code[address - CODE :][:size], address)
        body = [each for each in listing if each.id and not each.mnemonic.startswith(("b", "it"))]
        if len(body) >= SHORTEST:
            rows.append(Loop(name, len(body), _model(body), _llvm(mca, body)))
    return rows


def _model(body: list[CsInsn]) -> float:
    operations, pipeline = [operation(each, False) for each in body], Pipeline()
    for _ in range(ROUNDS):
        for each in operations:
            pipeline.issue(each)
    return pipeline.position / 2 / ROUNDS


def _llvm(mca: str, body: list[CsInsn]) -> float:
    source = ".syntax unified\n" + "".join(f"{_unconditional(each)} {each.op_str}\n" for each in body)
    done = subprocess.run([mca, *COMMAND], input=source, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{mca}: {done.stderr.strip()}")
    total = re.search(r"Total Cycles: *(\d+)", done.stdout)
    assert total, done.stdout
    return int(total[1]) / ROUNDS


def _unconditional(instruction: CsInsn) -> str:
    name, dot, width = instruction.mnemonic.partition(".")
    return (name if instruction.cc in ALWAYS else name[:-2]) + dot + width


def main() -> int:
    """Print the table."""
    mca = tool()
    if mca is None:
        print(
            "error: llvm-mca is not here. Install LLVM (Debian: apt install llvm), or name it in LLVM_MCA",
            file=sys.stderr,
        )
        return 1
    print(f"{'function':<42}{'instructions':>13}{'model':>9}{'llvm-mca':>10}{'difference':>12}")
    rows = loops(mca)
    rows.append(Loop("all", *(sum(column) for column in zip(*(row[1:] for row in rows), strict=True))))
    for loop in rows:
        line = f"{loop.function[:41]:<42}{loop.instructions:>13}{loop.model:>9.1f}{loop.llvm:>10.1f}"
        print(f"{line}{loop.difference:>+12.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
