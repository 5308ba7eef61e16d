"""Estimate how long notebooks take: as in the last run with these parameters, else as their metadata says."""

from helpers.workbook import freshness, parameters
from helpers.workbook.grid.plan import Stage
from helpers.workbook.road import Notebook


def seconds(book: Notebook, values: dict, quick: bool) -> float:
    """Return the seconds of a notebook's last run with these values, else an estimate from its metadata.

    quick: whether --quick was chosen. If the metadata names a parameter in `scales_with`, the stated minutes hold for its
    values of --quick and --full, and other values are interpolated or extrapolated.
    """
    last = freshness.record(book)
    if last.get("parameters") == values and "seconds" in last:
        return last["seconds"]
    minutes, name = book.metadata["minutes"], book.metadata.get("scales_with")
    if name is None:
        return 60 * minutes["quick" if quick else "full"]
    low, high = (
        parameters.resolve([book], parameters.named_set(each), [])[book.name][name] for each in ("quick", "full")
    )
    slope = (minutes["full"] - minutes["quick"]) / (high - low) if high != low else 0.0
    return 60 * max(0.1, minutes["quick"] + slope * (values[name] - low))


def of_grid(stages: list[Stage], workers: int, quick: bool) -> float:
    """Return the seconds for parallel stages: at least the longest chain, and at least the sum divided by the workers."""
    each = {stage.name: sum(seconds(book, stage.values[book.name], quick) for book in stage.books) for stage in stages}
    ends: dict[str | None, float] = {None: 0.0}
    for stage in stages:
        ends[stage.name] = ends[stage.parent] + each[stage.name]
    return max(*ends.values(), sum(each.values()) / workers)


def in_words(duration: float) -> str:
    """Format seconds as `40 s`, `3 min` or `2 h 5 min`."""
    if duration < 90:
        return f"{duration:.0f} s"
    minutes = round(duration / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
