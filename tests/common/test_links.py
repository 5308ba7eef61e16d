"""Links lead somewhere."""

import pytest

from helpers.common import links


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "page.md").write_text("# A `first` heading\n\n## Second: one\n")
    return tmp_path


GOOD = [
    "page.md",
    "page.md#a-first-heading",
    "page.md#Second:-one",
    "page.md#second-one",
    "https://example.org/x?y#z",
    "#here",
]


@pytest.mark.parametrize("target", GOOD)
def test_a_link_that_leads_somewhere(folder, target):
    assert list(links.problems(f"# Here\n\n[words]({target})", folder)) == []


BAD = {
    "[a](gone.md)": "links to gone.md, which is not there",
    "[a](page.md#third)": "links to page.md#third, where there is no such heading",
    "[a](#there)": "links to #there, where there is no such heading",
    "[a](https://nowhere)": "links to https://nowhere, which is no address",
    "[a](javascript:x)": "links to javascript:x, which is no address",
    "![](page.md)": "the picture page.md has no alternative text",
}


@pytest.mark.parametrize("text", BAD)
def test_a_link_that_does_not(folder, text):
    assert list(links.problems(text, folder)) == [BAD[text]]


def test_code_is_no_link(folder):
    assert list(links.problems("`[a](gone.md)`\n\n```\n[b](gone.md)\n```", folder)) == []
