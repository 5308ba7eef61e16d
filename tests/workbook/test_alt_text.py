"""Figures say in words what they show, for those who do not see them."""

import nbformat

from helpers.workbook.checks import alt_text

V4 = nbformat.v4


def figure():
    return V4.new_code_cell(
        "plot()", outputs=[V4.new_output("display_data", {"image/png": "aGk=", "text/plain": "<Figure>"})]
    )


def test_a_picture_is_told_by_its_section_and_what_is_said_before_it():
    text = "## 2. Where *cycles* go\n\nfirst\n\nThe [layers](x.md) are **functions**:"
    notebook = V4.new_notebook(cells=[V4.new_markdown_cell(text), figure()])
    alt_text.describe(notebook)
    (picture,) = alt_text.pictures(notebook.cells[1])
    assert alt_text.of(*picture) == "Figure of the section '2. Where *cycles* go'. The layers are functions :"


def test_without_a_word_before_it_there_is_still_a_text():
    notebook = V4.new_notebook(cells=[figure()])
    assert alt_text.of(*next(alt_text.pictures(notebook.cells[0]))) == ""
    alt_text.describe(notebook)
    assert alt_text.of(*next(alt_text.pictures(notebook.cells[0]))) == "Figure."


def test_a_new_section_forgets_what_was_said_in_the_one_before():
    cells = [
        V4.new_markdown_cell("## 1. Files\n\nfiles"),
        V4.new_markdown_cell("## 2. Cycles\n\n| a | table |"),
        figure(),
    ]
    notebook = V4.new_notebook(cells=cells)
    alt_text.describe(notebook)
    assert alt_text.of(*next(alt_text.pictures(notebook.cells[2]))) == "Figure of the section '2. Cycles'."


def test_a_long_text_ends_with_a_whole_word():
    notebook = V4.new_notebook(cells=[V4.new_markdown_cell("## 1. Long\n\n" + "abcdefg " * 60), figure()])
    alt_text.describe(notebook)
    text = alt_text.of(*next(alt_text.pictures(notebook.cells[1])))
    assert len(text) <= alt_text.LONGEST and text.endswith("abcdefg ...")
