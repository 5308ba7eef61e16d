"""The commands `book` and `slides`."""

import argparse

from helpers.common import artifacts
from helpers.common.errors import command
from helpers.workbook import road
from helpers.workbook.publish import sphinx_site


@command
def book(argv=None) -> int:
    """python -m helpers book: publish the last executed notebooks as static pages with a search."""
    print(f"Book: {artifacts.shown(sphinx_site.write_book(_books('book', book.__doc__, argv)))}")
    if sphinx_site.drawing_page() is None:
        print("Run `make page` first to have the drawing page as the front page.")
    return 0


@command
def slides(argv=None) -> int:
    """python -m helpers slides: publish the notebooks as slides, without the parts that only a reader needs."""
    print(f"Slides: {artifacts.shown(sphinx_site.write_slides(_books('slides', slides.__doc__, argv)))}")
    return 0


def _books(name: str, description: str, argv) -> list[road.Notebook]:
    parser = argparse.ArgumentParser(prog=f"python -m helpers {name}", description=description)
    parser.add_argument("--only", nargs="+", metavar="NOTEBOOK", help="these alone, by number or name")
    return road.select(road.discover(), parser.parse_args(argv).only)
