"""Networks in our emulator and in rp2040js (npm), which shares no code with it: equal outputs, equal cycles.

rp2040js 1.4.1 leaves LR out of what a PUSH takes, and one cycle out of a POP of PC; they are counted and added here.
The tests try one form and a few networks; this tries more, and every form:
python -m tests.hardware.emulator.second_opinion --count 200
"""

import argparse
import dataclasses
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from helpers.common import artifacts
from helpers.compiler import driver, targets
from helpers.hardware import boards
from helpers.hardware.counting import core as counting
from helpers.hardware.emulator import elf
from helpers.hardware.emulator.limits import Limits
from helpers.inference import bundle_arrays, bundle_header
from tests.hardware.emulator.program import KE16Z, assemble

PROJECT = Path(__file__).parent / "rp2040js"
INSTALLED = artifacts.ROOT / ".cache" / "rp2040js"
RP2040 = dataclasses.replace(
    KE16Z,
    name="rp2040",
    code_start=0x1000_0000,
    flash=boards.Region("flash", 0x1000_0000, 2 << 20),
    ram=(boards.Region("RAM", 0x2000_0000, 256 << 10),),
    peripherals=(),
)
LIMIT = 50_000_000  # instructions
PUSH_LR, POP_PC = 0xB5, 0xBD
# Copies the inputs, runs the network once and stops.
START = """
function Reset_Handler
ldr r0, =initial
ldr r1, =placeholders
ldr r2, =placeholders_end
1: ldrb r3, [r0]
strb r3, [r1]
adds r0, #1
adds r1, #1
cmp r1, r2
bne 1b
{in_place}
ldr r0, =constants
ldr r1, =placeholders
ldr r2, =activations
bl net
.global finished
finished: bkpt #0
.ltorg
.section .rodata.network, "a"
.p2align 6
constants: .incbin "{weights}"
.p2align 6
initial: .incbin "{inputs}"
{elements}
.bss
.p2align 6
.global placeholders
placeholders: .space {mutable}
placeholders_end:
.p2align 6
activations: .space {activations}
.text
"""


def missing() -> str | None:
    """What it lacks here, or None."""
    lacking = [name for name in ("node", "npm") if shutil.which(name) is None]
    return f"{' and '.join(lacking)} not installed" if lacking else None


def install() -> Path:
    """The folder with rp2040js in it, installed once, checked against the lock file's hash."""
    if not (INSTALLED / "node_modules" / "rp2040js").is_dir():
        with artifacts.replacing_folder(INSTALLED) as folder:
            for name in ("package.json", "package-lock.json"):
                shutil.copyfile(PROJECT / name, folder / name)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
    shutil.copyfile(PROJECT / "run.mjs", INSTALLED / "run.mjs")
    return INSTALLED


@dataclasses.dataclass(frozen=True)
class Opinion:
    """Cycles of one inference with its call, and the bytes of the mutable region behind it."""

    cycles: int
    placeholders: bytes


def program(folder: Path, inputs) -> Path:
    """A program of one inference of the bundle `net` in `folder`."""
    header = bundle_header.read(folder / "net.h")
    region, in_place, elements = bytearray(header.mutable), "", ""
    for number, (name, array) in enumerate(bundle_arrays.fed(header, inputs, 1).items()):
        given, data = header.inputs[name], array[0].tobytes()
        if given.in_place:
            path = folder / f"elements{number}.bin"
            path.write_bytes(data)
            elements += f'.p2align 2\nelements{number}: .incbin "{path.as_posix()}"\n'
            in_place += f"ldr r0, =placeholders + {given.address}\nldr r1, =elements{number}\nstr r1, [r0]\n"
        else:
            region[given.address : given.address + given.bytes] = data
    (folder / "inputs.bin").write_bytes(region)
    start = START.format(
        in_place=in_place,
        elements=elements,
        weights=(folder / "net.weights.bin").as_posix(),
        inputs=(folder / "inputs.bin").as_posix(),
        mutable=header.mutable,
        activations=max(4, header.activations),
    )
    return assemble(folder, start, RP2040, objects=[folder / "net.o"])


def ours(path: Path, size: int) -> tuple[Opinion, int]:
    """Our emulator's opinion, and how often LR was pushed or PC popped."""
    program = elf.read(path, RP2040)
    core = counting.core(RP2040, program, 0)
    core.run(Limits(LIMIT))
    assert core.reason == "breakpoint", core.fault
    lists = 0
    for block in core.blocks.values():
        high_bytes = [core.uc.mem_read(address + 1, 1)[0] for address in block.offsets]
        lists += (block.passed + block.jumped) * sum(byte in (PUSH_LR, POP_PC) for byte in high_bytes)
    return Opinion(core.cycles, bytes(core.uc.mem_read(program.symbols["placeholders"].address, size))), lists


def theirs(path: Path, size: int) -> Opinion:
    """rp2040js's opinion."""
    program, folder = elf.read(path, RP2040), install()
    image = bytearray(RP2040.flash.size)
    for segment in program.segments:
        start = segment.physical - RP2040.flash.origin
        image[start : start + len(segment.data)] = segment.data
    path.with_suffix(".bin").write_bytes(image)
    numbers = (program.symbols["finished"].address, program.symbols["placeholders"].address, size, LIMIT)
    command = ["node", folder / "run.mjs", path.with_suffix(".bin"), *numbers]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise RuntimeError(f"rp2040js stopped: {done.stderr.strip().splitlines()[-1:]}")
    found = json.loads(done.stdout)
    return Opinion(found["cycles"], bytes(found["bytes"]))


def disagreement(graph, inputs, form: str) -> str | None:
    """What differs for one network in one form; None where outputs and cycles are equal."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        driver.emit_bundle(graph, folder, "net", driver.Target("cortex-m0plus", form=form))
        path, header = program(folder, inputs), bundle_header.read(folder / "net.h")
        mine, lists = ours(path, header.mutable)
        other = theirs(path, header.mutable)
        for name, each in header.outputs.items():
            part = slice(each.address, each.address + each.bytes)
            if mine.placeholders[part] != other.placeholders[part]:
                return f"{form}: output {name} differs"
    return (
        None if mine.cycles == other.cycles + lists else f"{form}: {mine.cycles} cycles, {other.cycles} + {lists} there"
    )


def random_network(seed: int):
    """A small random network and one input of it."""
    sys.path.insert(0, str(artifacts.ROOT / "tests" / "compiler"))
    import random_networks

    graph = random_networks.Maker(seed).network()
    return graph, random_networks.inputs(graph.placeholders[0].output.type.shape, seed)[:1]


def main() -> int:
    """Compare many random networks in every form; status 1 if any differs."""
    line = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    line.add_argument("--count", type=int, default=200, help="networks, each in every form (200)")
    line.add_argument("--seed", type=int, default=1000, help="of the first network; the next ones count on (1000)")
    chosen = line.parse_args()
    if missing():
        print(f"nothing was compared: {missing()}", file=sys.stderr)
        return 2
    wrong, agree = 0, 0
    for seed in range(chosen.seed, chosen.seed + chosen.count):
        for form in targets.of("cortex-m0plus"):
            found = disagreement(*random_network(seed), form)
            wrong, agree = wrong + (found is not None), agree + (found is None)
            if found:
                print(f"seed {seed}, {found}", flush=True)
    print(f"{agree} agree in outputs and cycles, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
