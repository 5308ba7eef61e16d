"""The command line of the benchmark."""

import argparse
import tempfile
from pathlib import Path

from helpers.common import artifacts, errors
from helpers.data import mnist
from helpers.evaluation.benchmark import figures, networks, shipped, waiting

DIGITS = 1000  # that a mean is taken over


def _print_forms(settings: dict) -> None:
    for setting, rows in settings.items():
        print(f"{setting}: the note's network")
        for form, row in rows.items():
            waits = f" ({row['cycles_one_wait_state']:,} with a wait state)" if "cycles_one_wait_state" in row else ""
            ram = f"RAM {row['ram_bytes']:,} B of which stack {row['stack_bytes']}"
            print(f"  {form:<12} {row['cycles']:>8,} cycles{waits}, flash {row['flash_bytes']:,} B, {ram}")
            print("    " + ", ".join(f"{layer} {n:,}" for layer, n in row["layers"].items()))
            if others := row.get("times_faster_than"):
                print("    " + ", ".join(f"{n} times faster than {who}" for who, n in others.items()))


def _print_digits(found: dict) -> None:
    for form, row in found.items():
        waits = f"{row['mean_cycles_one_wait_state']:,} with a wait state"
        print(f"{form}: {row['mean_cycles']:,} cycles ({waits}) on average over {row['digits']:,} test digits,")
        print(f"  from {row['fewest_cycles']:,} to {row['most_cycles']:,}")
        print("    " + ", ".join(f"{layer} {n:,}" for layer, n in row["layers"].items()))


def _print_networks(found: dict) -> None:
    for name, row in found.items():
        print(f"{name}: {row['multiply_accumulates']:,} multiply-accumulates")
        for cpu in networks.CORES:
            print(f"  {cpu:<14} {row[cpu]['cycles']:>12,} cycles, {row[cpu]['cycles_each']} each")


def _measure(folder: Path, chosen) -> dict:
    model, ranges = shipped.files(folder)
    graph = shipped.graph(model, ranges)
    if chosen.digits:
        return _digits(graph, chosen.digits, folder)
    results = {"forms": figures.measure(graph, shipped.image(), folder)}
    _print_forms(results["forms"])
    if chosen.figures:
        return results
    results |= _digits(graph, DIGITS, folder)
    results["networks"] = networks.measure(folder, not chosen.no_large)
    _print_networks(results["networks"])
    rest = waiting.images_a_second(graph, folder) | waiting.compiling(model, ranges, folder)
    rest |= waiting.profiling(model, folder) | waiting.lenet(folder) | waiting.counting(folder)
    if chosen.epochs > 0:
        rest |= waiting.training(folder / "training", chosen.epochs)
    print("\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in rest.items()))
    return results | rest


def _digits(graph, count: int, folder: Path) -> dict:
    found = figures.over_digits(graph, shipped.as_int8(mnist.load().x_test[:count])[..., None], folder)
    _print_digits(found)
    return {"digits": found}


@errors.command
def main(argv=None) -> None:
    """python -m helpers benchmark: measure everything, or leave out the slowest parts. Writes build/benchmark.json."""
    parser = argparse.ArgumentParser(prog="python -m helpers benchmark", description=main.__doc__)
    parser.add_argument("--epochs", type=int, default=2, help="epochs to time after a first one; 0 leaves training out")
    parser.add_argument("--no-large", action="store_true", help="leave the networks out that take over ten seconds")
    parser.add_argument(
        "--figures", metavar="FILE", help="measure the forms only, and write what a test is to hold them to"
    )
    parser.add_argument(
        "--digits", metavar="N", type=int, help="only what depends on the image, over the first N test digits"
    )
    chosen = parser.parse_args(argv)
    if chosen.digits is not None and chosen.digits < 1:
        parser.error("--digits must be 1 or more")
    with tempfile.TemporaryDirectory() as folder:
        results = _measure(Path(folder), chosen)
    if chosen.digits:
        return
    if chosen.figures:
        print(f"Written: {artifacts.shown(artifacts.write_json(Path(chosen.figures), figures.kept(results['forms'])))}")
    else:
        print(f"Written: {artifacts.shown(artifacts.write_json(artifacts.build('benchmark.json'), results))}")
