"""The commands `run` (the road, for readers and instructors), `notebooks` and `nbval` (the committed copies)."""

import argparse
import sys

from helpers.common import artifacts
from helpers.common.errors import command
from helpers.workbook import duration, freshness, parameters, road, runner
from helpers.workbook.checks import replay
from helpers.workbook.execution import NotebookFailed
from helpers.workbook.grid import cli
from helpers.workbook.publish import clean_twins, report


@command
def run(argv=None) -> int:
    """python -m helpers run: run the road, or a part of it, with a named set of parameters and single settings."""
    parser = _parser("run", "Run the notebooks in order.")
    parser.add_argument(
        "--with-needs",
        action="store_true",
        help="also run the earlier notebooks that the chosen ones need, if not fresh",
    )
    parser.add_argument("--force", action="store_true", help="run also what is fresh")
    parser.add_argument("--list", action="store_true", help="show notebooks, durations and parameters, run nothing")
    parser.add_argument("--dry-run", action="store_true", help="show what would run and how long it takes, run nothing")
    parser.add_argument("--no-report", action="store_true", help="write no report at the end")
    cli.add_options(parser)
    options = parser.parse_args(argv)
    if options.grid:
        return cli.run(options)
    books, values = _chosen(options)
    if options.list:
        print(listing(books, values))
    elif options.dry_run:
        print(_preview(books, values, options))
    elif not _drive(books, values, options.force):
        return 1
    elif not options.no_report:
        print(report.write(road.discover()))
    return 0


def _preview(books: list[road.Notebook], values: dict[str, dict], options) -> str:
    """Return a list of the notebooks that would run, with their durations and the total."""
    lines, total = [], 0.0
    for book, runs in runner.preview(books, values, options.force):
        seconds = duration.seconds(book, values[book.name], options.set_name == "quick") if runs else 0.0
        total += seconds
        lines.append(f"{book.name:<30}{'runs' if runs else 'fresh':>9}{duration.in_words(seconds) if runs else '':>12}")
    return "\n".join([*lines, f"In all about {duration.in_words(total)}."])


@command
def notebooks(argv=None) -> int:
    """python -m helpers notebooks: execute every notebook from its defaults, store the outputs, write the clean twins.

    Everything is rebuilt in a separate folder, so that no checkpoint or artefact of an earlier run affects the outputs.
    """
    argparse.ArgumentParser(prog="python -m helpers notebooks", description=notebooks.__doc__).parse_args(argv)
    books = road.discover()
    road.possible(books, [book.name for book in books])
    clean_twins.check(books)
    folder = artifacts.emptied_folder(artifacts.build("committed"))
    with artifacts.building_in(folder):
        if not _drive(books, parameters.resolve(books, {}, [])):
            return 1
        for book in books:
            artifacts.write_bytes(book.path, freshness.executed(book).read_bytes())
        clean_twins.write(road.discover())
        if png := report.chart(books):
            artifacts.write_bytes(artifacts.ROOT / "docs" / "table2.png", png)  # README.md shows it
    return 0


@command
def nbval(argv=None) -> int:
    """python -m helpers nbval: run the notebooks, with the solutions of their exercises, and compare the marked cells."""
    parser = _parser("nbval", "Replay the notebooks with nbval.")
    parser.add_argument("--twice", action="store_true", help="run every cell twice in a row: a reader may")
    options = parser.parse_args(argv)
    return replay.run(*_chosen(options), options.twice)


def listing(books: list[road.Notebook], values: dict[str, dict]) -> str:
    """List the notebooks with durations and parameters: allowed values, current value, meaning."""
    lines = []
    for book in books:
        minutes = book.metadata["minutes"]
        lines.append(f"{book.name}  ({minutes['quick']} min with --quick, {minutes['full']} min with --full)")
        for name in book.defaults:
            schema = book.schema[name]
            lines.append(f"    {name} = {values[book.name][name]}  ({parameters.describe(schema)})")
            lines.append(f"        {schema.get('help', '')}")
    return "\n".join(lines)


def _drive(books: list[road.Notebook], values: dict[str, dict], force: bool = False) -> bool:
    """Run the books; print one line to stderr and return False if one of them stopped."""
    try:
        runner.run(books, values, force)
    except NotebookFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return False
    return True


def _chosen(options) -> tuple[list[road.Notebook], dict[str, dict]]:
    """Return the notebooks that the options select, and the values of their parameters."""
    books = road.select(road.discover(), options.only, options.start, getattr(options, "with_needs", False))
    if not getattr(options, "list", False):
        books = road.possible(books, options.only)
    chosen = parameters.named_set(options.set_name) if options.set_name else {}
    return books, parameters.resolve(books, chosen, options.set)


def _parser(name: str, description: str) -> argparse.ArgumentParser:
    """Return a parser of the options that select notebooks and parameters."""
    parser = argparse.ArgumentParser(prog=f"python -m helpers {name}", description=description)
    sets = parser.add_mutually_exclusive_group()
    sets.add_argument("--quick", dest="set_name", action="store_const", const="quick", help="minutes: a few epochs")
    sets.add_argument(
        "--full",
        dest="set_name",
        action="store_const",
        const="full",
        help="the note's 100 epochs, and the network trained here all the way",
    )
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--only", nargs="+", metavar="NOTEBOOK", help="these alone, by number or name")
    part.add_argument("--from", dest="start", metavar="NOTEBOOK", help="this one and all after it")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter, or NOTEBOOK.NAME=VALUE; may be repeated",
    )
    return parser
