"""Check the committed notebooks against the rules of CONTRIBUTING.md, "Add a notebook"."""

import argparse
import ast
import importlib.util
import re
import sys
from collections.abc import Iterator

from helpers.common import artifacts, links
from helpers.common.errors import WorkbookError, command
from helpers.workbook import parameters, road
from helpers.workbook.checks import alt_text
from helpers.workbook.publish import prose, strip
from helpers.workbook.road import Notebook

LARGEST = 1_000_000  # bytes of a notebook file
LONGEST_CELL = 10  # lines
WIDEST = 100  # characters of a printed line that a laptop's window shows without wrapping
LONGEST_DEFINITION = 5  # lines; longer definitions are logic and belong in helpers
PAGES = ("*.md", "docs/*.md", "firmware_projects/**/*.md", "tests/**/*.md", "helpers/**/*.md")
HEADINGS = ("what you will learn", "exercise", "if you see this", "summary")
REMEDY = re.compile(r"[:;?]\s+\w")  # separates the problem from the remedy
QUANTITY = re.compile(r"([\d.]+) (s|min)\b")
FENCED = re.compile(r"```.*?```", re.DOTALL)
MACHINE = re.compile(r"(?<![\w.])/(?:home|root|Users|tmp|work|private)/\w|\b[A-Z]:\\\w")
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
UNTESTED = {"raises-exception", "skip-execution", "nbval-skip", "nbval-raises-exception"}


def parameters_cell(book: Notebook) -> Iterator[str]:
    """Check that one cell is tagged `parameters`, and assigns plain values that its schema describes and allows."""
    try:
        parameters.check(book, book.defaults)
    except WorkbookError as error:
        yield str(error)
        return
    for name, schema in book.schema.items():
        if name not in book.defaults:
            yield f"parameter {name} is described but has no default"
        if missing := {"help", "unit"} - set(schema):
            yield f"parameter {name} has no {' and no '.join(sorted(missing))}"


def metadata(book: Notebook) -> Iterator[str]:
    """Check durations, and that artifacts.need can name the writer of every artefact."""
    minutes = book.metadata["minutes"]
    if set(minutes) != {"quick", "full"} or not 0 < minutes.get("quick", 0) <= minutes.get("full", 0):
        yield "minutes must be {'quick': q, 'full': f} with 0 < q <= f"
    for name in book.writes:
        if artifacts.WRITTEN_BY.get(name) != book.name:
            yield f"writes {name}, but artifacts.WRITTEN_BY names {artifacts.WRITTEN_BY.get(name)}"


def parts(book: Notebook) -> Iterator[str]:
    """Check title, sections, and exercises with folded solutions."""
    text = "\n".join(cell.source for cell in book.content.cells if cell.cell_type == "markdown")
    titles = [line.lstrip("# ").lower() for line in text.splitlines() if re.match(r"#{2,} ", line)]
    if not book.content.cells[0].source.startswith("# "):
        yield "the first cell is not the title"
    yield from (f"has no section {part!r}" for part in HEADINGS if not any(title.startswith(part) for title in titles))
    if text.count("<details>") < 2 or text.count("<details>") != text.count("</details>"):
        yield "has fewer than two exercises with a folded solution, or one that is not closed"


def way(book: Notebook) -> Iterator[str]:
    """Check that the first and last cells state duration, requirements, place on the road and next notebook."""
    first, last = book.content.cells[0].source, book.content.cells[-1].source
    told = [
        tuple(sorted({float(n) / (60 if unit == "s" else 1) for n, unit in QUANTITY.findall(row)}))
        for row in first.splitlines()
        if row.startswith("| ")
    ]
    minutes = tuple(sorted(set(book.metadata["minutes"].values())))
    if "| time, quick and full | needs | produces | the note |" not in first:
        yield "its first cell has no table of time, needs, produces and the note's section"
    elif minutes not in [tuple(round(each, 1) for each in row) for row in told]:
        yield f"its first cell does not say the minutes of its metadata, {' and '.join(map(str, minutes))}"
    yield from (
        f"its last cell does not name {name}, which it writes"
        for name in book.promises
        if name.removeprefix("firmware/").partition("-")[0] not in last
    )
    books = road.discover(book.path.parent)
    if strip.line(book, books) not in first.splitlines():
        yield "its first cell has not the line of where it is: run python -m helpers.workbook.publish.strip"
    after = [other for other in books if other.name > book.name]
    if after and re.findall(r"\((\d\d_\w+\.ipynb)\)", last)[-1:] != [after[0].path.name]:
        yield f"does not end with a link to the next notebook, {after[0].path.name}"


def checkpoints(book: Notebook) -> Iterator[str]:
    """Check that each section with code has a checkpoint whose message names the problem and the remedy."""
    checked: dict[str, bool] = {}
    section = None
    for cell in book.content.cells:
        if cell.cell_type == "markdown":
            section = ([section, *re.findall(r"^## (.+)", FENCED.sub("", cell.source), re.MULTILINE)])[-1]
            continue
        asserts = [node for node in _nodes(cell.source) if isinstance(node, ast.Assert)]
        if section:
            checked[section] = checked.get(section, False) or bool(asserts)
        for node in asserts:
            if node.msg and not REMEDY.search(_constant_text(node.msg)):
                yield f"the message {_constant_text(node.msg)!r} does not say how to fix it: put that behind a colon"
    yield from (
        f"section {name!r} has no checkpoint (an assert with a message)" for name, has in checked.items() if not has
    )


def _nodes(source: str) -> Iterator[ast.AST]:
    """Yield all AST nodes of a cell's code; none if it is no Python, which `code` reports."""
    try:
        yield from ast.walk(ast.parse(source))
    except SyntaxError:
        return


def _constant_text(message: ast.expr) -> str:
    """Return a message with an `x` in place of each inserted value."""
    return "".join(
        part.value if isinstance(part, ast.Constant) else "x" for part in getattr(message, "values", [message])
    )


def code(book: Notebook) -> Iterator[str]:
    """Check that cells are short and have no logic of their own, and that checkpoints say what went wrong."""
    trees = []
    for number, cell in enumerate(book.code_cells, start=1):
        if len(cell.source.strip().splitlines()) > LONGEST_CELL:
            yield f"code cell {number} has more than {LONGEST_CELL} lines"
        try:
            trees.append((number, ast.parse(cell.source)))
        except SyntaxError as error:
            yield f"code cell {number} is not plain Python: {error.msg}"
    nodes = [(number, node) for number, tree in trees for node in ast.walk(tree)]
    for number, node in nodes:
        yield from (f"code cell {number} {problem}" for problem in _problems(node))


def _problems(node: ast.AST) -> Iterator[str]:
    """Yield the problems of one node of a cell's code."""
    if isinstance(node, ast.Assert) and node.msg is None:
        yield "has an assert without a message"
    definition = isinstance(node, ast.FunctionDef | ast.ClassDef)
    if definition and node.end_lineno - node.lineno >= LONGEST_DEFINITION:
        yield f"defines {node.name} in more than {LONGEST_DEFINITION} lines: that belongs into helpers"
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    names += [node.module] if isinstance(node, ast.ImportFrom) else []
    for name in names:
        if importlib.util.find_spec(name.partition(".")[0]) is None:
            yield f"imports {name}, which is not installed"
        if name.startswith("helpers.workbook"):
            yield "imports the runner, which runs notebooks and is not for them"


def outputs(book: Notebook) -> Iterator[str]:
    """Check that the notebook is committed executed, in order, without errors, memory addresses or untested cells."""
    if [cell.execution_count for cell in book.code_cells] != list(range(1, len(book.code_cells) + 1)):
        yield "was not executed from top to bottom: run `make notebooks`"
    for number, cell in enumerate(book.code_cells, start=1):
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"code cell {number} holds an error: {output.ename}"
            shown = str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", ""))
            widest = max(map(len, shown.splitlines()), default=0)
            if widest > WIDEST:
                yield f"code cell {number} prints a line of {widest} characters, more than {WIDEST}"
            if ADDRESS.search(shown):
                yield f"the output of code cell {number} shows a memory address"
        if any(not alt_text.of(*picture) for picture in alt_text.pictures(cell)):
            yield f"a figure of code cell {number} has no alternative text: run `make notebooks`"
        if forbidden := UNTESTED & set(cell.metadata.get("tags", [])):
            yield f"code cell {number} has the tag {min(forbidden)}: every cell must run and succeed"


def language(book: Notebook) -> Iterator[str]:
    """Check that no sentence is too long."""
    for cell in book.content.cells:
        if cell.cell_type == "markdown":
            for words, sentence in prose.too_long(strip.LINE.sub("", cell.source)):
                yield f"a sentence has {words} words, more than {prose.LONGEST}: {sentence[:60]}..."


def files(book: Notebook) -> Iterator[str]:
    """Check that the file is small and names no machine, links work, and pictures have alternative text."""
    raw = book.path.read_text(encoding="utf-8")
    if len(raw.encode()) > LARGEST:
        yield f"has {len(raw.encode()):,} bytes, more than {LARGEST:,}"
    if found := MACHINE.search(re.sub(r'"image/\w+": "[^"]*"', "", raw)):
        yield f"names a path of this machine: {found[0]}..."
    for cell in book.content.cells:
        if cell.cell_type == "markdown":
            yield from links.problems(cell.source, book.path.parent, links.markdown(book.path))


RULES = (parameters_cell, metadata, parts, way, code, checkpoints, outputs, language, files)


def problems(book: Notebook) -> list[str]:
    """Return all problems of one notebook, a line each."""
    return [problem for rule in RULES for problem in rule(book)]


def road_problems(books: list[Notebook]) -> list[str]:
    """Return the problems between notebooks: an artefact that is read but not written before, or written by two."""
    found, writer = [], {}
    for book in books:
        early = [name for name in book.reads if name not in writer]
        twice = [name for name in book.writes if name in writer]
        found += [f"{book.name}: reads {name}, which no notebook before it writes" for name in early]
        found += [f"{book.name}: writes {name}, as {writer[name]} does" for name in twice]
        writer |= dict.fromkeys(book.writes, book.name)
    return found


@command
def main(argv=None) -> int:
    """python -m helpers lint: print the problems of the notebooks and pages; status 1 if there are any."""
    argparse.ArgumentParser(prog="python -m helpers lint", description=__doc__).parse_args(argv)
    books = road.discover()
    found = [f"{book.name}: {problem}" for book in books for problem in problems(book)] + road_problems(books)
    pages = sorted(path for pattern in PAGES for path in artifacts.ROOT.glob(pattern))
    for page in pages:
        found += [f"{artifacts.shown(page)}: {each}" for each in links.problems(links.markdown(page), page.parent)]
    if found:
        print("\n".join(found), file=sys.stderr)
        return 1
    print(f"{len(books)} notebooks and {len(pages)} pages: all as they should be")
    return 0
