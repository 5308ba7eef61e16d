"""C text: comments are no code, positions and line ends stay."""

import time

import pytest

from helpers.common.errors import BadInput, MissingInput
from helpers.firmware.main_c import source


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a // b\nc", "a     \nc"),
        ("a /* b\r\nc */ d", "a     \r\n     d"),
        ('"// no comment" /* one */', '"// no comment"          '),
        (r'"quote \" // still" // not', r'"quote \" // still"       '),
        ("'\"' // x", "'\"'     "),
        ("a /* unclosed", "a /* unclosed"),
    ],
)
def test_comments_become_blanks_and_nothing_moves(text, code):
    assert source.code(text) == code


def test_replace_changes_only_the_named_group_and_not_in_comments():
    text = "x = old; // old\nold();"
    assert source.replace(text, r"\b(?P<this>old)\b", "new") == ("x = new; // old\nnew();", 2)


def test_includes_are_lines_in_order():
    text = '#include <stdio.h>\n // #include "gone.h"\n  # include "b.h" // why\r\n#include "list.inc"\n'
    assert list(source.includes(text)) == ["stdio.h", "b.h"]


def test_a_file_comes_back_byte_for_byte(tmp_path):
    path = tmp_path / "main.c"
    path.write_bytes(b"// caf\xe9\r\nint x;\n")
    source.write(path, source.read(path))
    assert path.read_bytes() == b"// caf\xe9\r\nint x;\n"


def test_files_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "main.c"
    with pytest.raises(MissingInput, match="does not exist"):
        source.read(path)
    path.write_bytes(b"\x7fELF\0")
    with pytest.raises(BadInput, match="is not a text file"):
        source.read(path)
    path.write_bytes(b" " * (source.LARGEST_FILE + 1))
    with pytest.raises(BadInput, match="is larger than"):
        source.read(path)


@pytest.mark.parametrize(
    "text",
    ["\"'" * 300_000 + '"', '"' + '\\"' * 300_000, "/*" * 300_001 + '\n"x"', '"' * 600_001, "'a\n" * 100_000],
    ids=["mixed", "escaped", "open comments", "odd", "apostrophes"],
)
def test_unbalanced_quotes_take_time_with_their_length_only(text):
    """Each of these took a minute or more where every quote was looked at up to the end of its line."""
    start = time.process_time()
    assert len(source.code(text)) == len(text)
    assert time.process_time() - start < 10


def test_a_quote_that_nothing_closes_hides_no_comment():
    assert source.code("#error can't // so\nint a; /* b") == "#error can't      \nint a; /* b"
    assert source.code('"a // b" // c') == '"a // b"     '
    assert source.code("/*/ x */ y") == "         y"
