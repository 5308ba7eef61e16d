"""The command `page`."""

import argparse
import json
from pathlib import Path

import jinja2

from helpers.common import artifacts
from helpers.common.errors import command
from helpers.workbook.publish.page import bundler, program

HERE = Path(__file__).parent


@command
def main(argv=None) -> int:
    """python -m helpers page: draw a digit, and the network's machine code reads it in the browser, offline."""
    argparse.ArgumentParser(prog="python -m helpers page", description=main.__doc__).parse_args(argv)
    path = write()
    size = sum(file.stat().st_size for file in path.parent.iterdir())
    print(f"Page: {artifacts.shown(path)}, {size / 1000:.0f} KB with all that it needs. Open it in any browser.")
    return 0


def write() -> Path:
    """Write build/page: index.html, page.css, page.js and LICENSES.txt; returns the path of index.html.

    Raises MissingInput without Node.js or npm, ToolFailed where they stop, and what the compiler raises.
    """
    script, licences = bundler.bundled(), bundler.licences()
    html = _html()
    target = artifacts.build("page")
    with artifacts.replacing_folder(target) as fresh:
        pages = {"index.html": html, "page.js": script, "LICENSES.txt": licences}
        for name, text in {**pages, "page.css": (HERE / "page.css").read_text()}.items():
            (fresh / name).write_bytes(text.encode())
    return target / "index.html"


def _html() -> str:
    found = program.contents()
    data = json.dumps(found.program, sort_keys=True, separators=(",", ":"))
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        (HERE / "index.html.j2").read_text()
    )
    return template.render(
        program=data.replace("<", "\\u003c"),
        functions=found.program["functions"],
        boards=found.times,
        cycles=found.cycles,
        size=f"{found.size:,}",
        versions={"rp2040js": bundler.version("rp2040js")},
    )
