"""The part of the command `run` for many parameter sets at once."""

import argparse
import os

from tqdm import tqdm

from helpers.common import artifacts
from helpers.workbook import duration, parameters, road
from helpers.workbook.grid import comparison, plan


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for many parameter sets at once."""
    group = parser.add_argument_group("many parameter sets at once")
    group.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="NAME=VALUE,VALUE,...",
        help="a run for each value; several of these: for each combination; the items of a list are joined with +",
    )
    group.add_argument(
        "--workers", type=int, metavar="N", help="runs side by side on this machine (as many as it has cores)"
    )
    group.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler instead, as tcp://10.0.0.1:8786")


def run(options) -> int:
    """Run every set of a grid, or print what would run; status 1 if a set failed. Raises BadParameter, BadInput."""
    books = road.select(road.discover(), options.only, options.start, options.with_needs)
    books = road.possible(books, options.only)
    chosen = parameters.named_set(options.set_name) if options.set_name else {}
    stages = plan.plan(books, chosen, options.set, plan.settings(options.grid))
    workers = max(1, min(options.workers or os.cpu_count() or 1, sum(stage.alone for stage in stages)))
    if options.dry_run:
        print(_preview(stages, workers, options.set_name == "quick"))
        return 0
    outcomes = _run(stages, workers, options.scheduler)
    print(comparison.write(stages, outcomes, artifacts.build("grid")))
    return int(any(outcome.error for outcome in outcomes.values()))


def _preview(stages: list[plan.Stage], workers: int, quick: bool) -> str:
    """Return a list of the stages with their notebooks, and the total duration."""
    lines = [f"{stage.name}: {', '.join(book.name for book in stage.books) or 'nothing more'}" for stage in stages]
    time = duration.in_words(duration.of_grid(stages, workers, quick))
    sets = sum(stage.alone for stage in stages)
    return "\n".join([*lines, f"{sets} sets in {len(stages)} stages; with {workers} workers about {time}."])


def _run(stages: list[plan.Stage], workers: int, scheduler: str | None) -> dict:
    """Run the stages under one progress bar, and return their outcomes."""
    from helpers.workbook.grid import run as grid_run  # Dask takes a second to import, which only a grid should pay for

    with tqdm(total=len(stages), unit="stage", leave=False, disable=None) as bar:

        def done(outcome: plan.Outcome) -> None:
            bar.update()
            bar.write(f"{outcome.name:<50} {outcome.error or 'done'}")

        return grid_run.run(stages, artifacts.build("grid"), workers, scheduler, done, bar.write)
