"""python -m helpers export: export a bundle as C and assembly for CMake, Zephyr or Arduino, with an example and a test.

The parcel compiles outside this repository with GCC and with clang. Its test vector is a random input with the bundle's outputs
for it in the emulator.
"""

import argparse
from pathlib import Path

from helpers.common import artifacts, errors, named_arrays
from helpers.common.errors import BadParameter
from helpers.firmware.export import archive, kinds, wrapper
from helpers.firmware.export import sources as bundle_sources
from helpers.inference import bundle_arrays
from helpers.inference.emulated_bundle import EmulatedBundle


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    line = argparse.ArgumentParser(
        prog="python -m helpers export", description=__doc__.partition(": ")[2], allow_abbrev=False
    )
    line.add_argument("bundle", type=Path, help="the folder of a bundle that the built-in model-compiler made")
    line.add_argument("--as", dest="kind", required=True, choices=sorted(kinds.USES), help="for which build system")
    line.add_argument("--output", type=Path, help="the zip to write (build/parcels/NAME-KIND.zip)")
    return line


@errors.command
def main(argv=None) -> None:
    """Write the parcel and print its contents."""
    options = parser().parse_args(argv)
    if options.output and options.output.suffix != ".zip":
        raise BadParameter(f"--output is a zip file, not {options.output.name!r}", remedy="let its name end in .zip")
    path, files = make(options.bundle, options.kind, options.output)
    print(f"{artifacts.shown(path)}: {len(files)} files, {path.stat().st_size:,} bytes", *sorted(files), sep="\n  ")


def make(bundle: Path, kind: str, output: Path | None = None) -> tuple[Path, dict[str, str]]:
    """Write a bundle's parcel; returns its path and its files by name. Raises MissingInput, BadInput or BadParameter."""
    sources = bundle_sources.read(bundle)
    stem, header = sources.stem, sources.header
    path = output or artifacts.build("parcels", f"{stem}-{kind}.zip")
    archive.check(path)
    runs = EmulatedBundle(bundle, core=sources.core)
    given = bundle_arrays.at_random(header)
    measured = runs.measure(given)
    expected = named_arrays.by_name(measured.output, header.outputs, header.name)
    generated = {
        f"{stem}_network.h": wrapper.interface(sources),
        f"{stem}_network.c": wrapper.memory(sources),
        f"{stem}_self_test.c": wrapper.self_test(sources, given, expected),
    }
    output_name, result = next(iter(header.outputs.items()))
    facts = {
        "core": sources.core, "form": header.form or "plain", "flash": runs.flash_bytes, "cycles": measured.cycles,
        "ram": header.mutable + header.activations, "input": next(iter(header.inputs)), "output": output_name,
        "kind": wrapper.C_TYPES[result.element],
    }  # fmt: skip
    files = kinds.tree(kind, sources, generated, facts)
    return archive.write(path, stem, files), files
