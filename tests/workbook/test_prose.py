"""Sentences are found in Markdown as a reader sees them."""

from helpers.workbook.publish import prose

TEXT = """# A heading
One sentence. **Another one**, with `a.b(c)`. And a [link. With a stop](x.ipynb)!

- an item
- a second: it goes on
  over two lines

| one | two words |
|---|---|
| 1 | a cell. |

```python
code = "is no sentence"
```
<details><summary>Hint</summary>

Look.
</details>
"""


def test_paragraphs_items_and_cells_end_a_sentence():
    assert list(prose.sentences(TEXT)) == [
        "A heading", "One sentence.", "Another one, with code.", "And a link.", "With a stop!",
        "an item", "a second: it goes on over two lines", "one", "two words", "1", "a cell.", "Hint", "Look.",
    ]  # fmt: skip


def test_a_sentence_of_thirty_words_is_the_longest():
    assert list(prose.too_long("word " * 29 + "end. " + "word " * 30 + "end.")) == [(31, "word " * 30 + "end.")]
