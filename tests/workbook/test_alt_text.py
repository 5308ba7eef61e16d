"""Figures say in words what they show, for those who do not see them."""

import nbformat

from helpers.workbook import alt_text

V4 = nbformat.v4


def figure():
    return V4.new_code_cell("plot()", outputs=[V4.new_output("display_data", {"image/png": "aGk=", "text/plain": "<Figure>"})])


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
