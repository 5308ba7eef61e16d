"""README.md shows what the committed notebooks show."""

import nbformat

from helpers.common import artifacts


def test_readme_shows_the_table_of_notebook_10():
    notebook = nbformat.read(artifacts.NOTEBOOKS / "10_results.ipynb", as_version=4)
    printed = [
        output.text for cell in notebook.cells for output in cell.get("outputs", ()) if output.output_type == "stream"
    ]
    table = next(text for text in printed if "cycles, no waits" in text and "ke16z" in text)
    shown = {line.strip() for line in (artifacts.ROOT / "README.md").read_text().splitlines()}
    assert [line for line in table.splitlines() if line.strip() not in shown] == [], (
        "copy notebook 10's table to README.md"
    )
