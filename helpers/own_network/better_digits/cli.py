"""python -m helpers digits: train the better network for digits, once for each seed, and measure it; or only measure."""

import argparse
from pathlib import Path

from helpers.common import artifacts, errors
from helpers.data import mnist
from helpers.data.mnist import Mnist
from helpers.hardware import boards
from helpers.network.better_digits import split
from helpers.own_network.better_digits import files, measured

HEAD = ("seed", "held out", "test", "flash (B)", "RAM (B)", "cycles", "with waits", "ms")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(
        prog="python -m helpers digits",
        description="Train the better network for digits, a few minutes a seed, and show accuracy and cost of its program.",
        allow_abbrev=False,
    )
    line.add_argument("--seeds", type=int, nargs="+", default=list(files.SEEDS), metavar="SEED", help="(1 2 3)")
    line.add_argument("--board", default="ke16z", help="one of firmware_projects (ke16z)")
    line.add_argument(
        "--shipped", action="store_true", help="measure the networks of data/better_digits; train nothing"
    )
    line.add_argument("--epochs", type=int, help="in float32 (30)")
    line.add_argument("--rounded-epochs", type=int, help="with rounding, after those (10)")
    line.add_argument("--bits", type=int, help="of a weight, 2 to 8 (4)")
    return line


@errors.command
def main(argv=None) -> int:
    """Print a row for each seed; return status 0. Trained networks are written to build/better_digits/."""
    chosen = parser().parse_args(argv)
    options = {name: getattr(chosen, name) for name in ("epochs", "rounded_epochs", "bits")}
    options = {name: value for name, value in options.items() if value is not None}
    if chosen.shipped and options:
        name = next(iter(options)).replace("_", "-")
        raise errors.BadParameter("nothing is trained", where=f"--{name}", remedy="leave out --shipped, or this option")
    boards.load(chosen.board)  # an unknown board is told before minutes of training
    data = mnist.load()
    print(data)
    rows = [HEAD]
    for seed in chosen.seeds:
        file = files.path(seed) if chosen.shipped else _train(data, seed, options)
        rows.append(_row(data, seed, file, chosen.board))
    print(table(rows))
    return 0


def _train(data: Mnist, seed: int, options: dict) -> Path:
    """Train one network, with a line for each epoch; returns the path of its file."""
    from helpers.network.better_digits import training  # TensorFlow takes seconds to load

    def report(phase: str, epoch: int, loss: float) -> None:
        print(f"seed {seed}, {phase} epoch {epoch}: loss {loss:.4f}", flush=True)

    trained = training.train(data, seed, report=report, **options)
    file = files.path(seed, artifacts.build("better_digits"))
    return files.write(trained, measured.as_input(data.x_train[: files.PROFILED]), file)


def _row(data: Mnist, seed: int, file: Path, board: str) -> tuple[str, ...]:
    """Measure one network: accuracy of its integers, and the whole program's bytes, cycles and milliseconds."""
    graph = files.integer_graph(file)
    place = artifacts.build("better_digits", f"seed{seed}-{board}")
    found, core = measured.on_board(graph, data.x_test[0], place, board), measured.cost(graph, board)
    held = split.held_out(data)
    shares = [measured.right(graph, *each) / len(each[1]) for each in (held, (data.x_test, data.y_test))]
    counts = (found.flash_bytes, found.ram_bytes, core.core_cycles, core.cycles)
    return (str(seed), *(f"{share:.2%}" for share in shares), *(f"{n:,}" for n in counts), f"{found.milliseconds:.2f}")


def table(rows: list[tuple[str, ...]]) -> str:
    """Format rows of cells as columns, aligned to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(lines)
