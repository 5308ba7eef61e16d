"""Every slide fits a laptop's window of 1366 x 768: nothing to scroll, nothing cut off, nothing tiny."""

import os
import re

import pytest
from playwright.sync_api import sync_playwright

from helpers.workbook import road
from helpers.workbook.publish import cli, sphinx_site
from tests.browser import lab

pytestmark = pytest.mark.skipif(
    not lab.chromium(), reason="NO BROWSER: install chromium (or set WORKBOOK_CHROMIUM) to measure the slides"
)
REFERENCE = {*sphinx_site.PAGES, "search", "genindex"}  # pages to look things up, which scroll
SMALLEST = 0.65  # of the usual size
# Goes to each slide, and returns those that do not fit: number, title, what is too large.
MEASURE = """async () => {
  const wrong = [];
  for (const slide of Reveal.getSlides()) {
    const {h, v} = Reveal.getIndices(slide);
    Reveal.slide(h, v);
    await new Promise(requestAnimationFrame);
    const title = slide.querySelector('h1, h2, h3')?.textContent ?? '', size = Number(slide.style.zoom || 1);
    const cut = [...slide.querySelectorAll('pre, table, img')].some(each => each.scrollWidth > each.clientWidth + 1);
    if (slide.scrollHeight > slide.clientHeight + 1) wrong.push(`${h}.${v} ${title}: ${slide.scrollHeight} high`);
    if (slide.scrollWidth > slide.clientWidth + 1 || cut) wrong.push(`${h}.${v} ${title}: ${slide.scrollWidth} wide`);
    if (slide.getBoundingClientRect().bottom > innerHeight) wrong.push(`${h}.${v} ${title}: below the window`);
    if (size < SMALLEST) wrong.push(`${h}.${v} ${title}: only ${size} of its size`);
  }
  return [Reveal.getSlides().length, wrong];
}""".replace("SMALLEST", str(SMALLEST))


def measured(pages) -> dict[str, tuple[int, list[str]]]:
    """Page to the number of its slides, and what is wrong with them."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=lab.chromium(), args=arguments)
        window, results = browser.new_page(viewport={"width": 1366, "height": 768}), {}
        for path in pages:
            window.goto(path.as_uri())
            window.wait_for_function("document.readyState == 'complete' && window.Reveal?.isReady()")
            results[path.stem] = window.evaluate(MEASURE)
        browser.close()
    return results


def test_every_slide_fits(build):
    """With WORKBOOK_BROWSER=all (`make browser`) of every notebook, else of those with the tallest slides."""
    names = [] if os.environ.get("WORKBOOK_BROWSER") == "all" else ["--only", "06", "10"]
    assert cli.slides(names) == 0
    pages = sorted(path for path in (build / "slides").glob("*.html") if path.stem not in REFERENCE)
    results = measured(pages)
    expected = {book.name for book in road.discover() if not names or book.name[:2] in names}
    assert expected | {"index"} == set(results)
    assert {name: wrong for name, (_, wrong) in results.items() if wrong} == {}
    assert sum(count for count, _ in results.values()) > 12 * len(expected)


def test_a_slide_that_cannot_fit_is_told(tmp_path, build):
    """The measure itself: a page with one slide that is too long and one that is too wide."""
    assert cli.slides(["--only", "07"]) == 0
    page = build / "slides" / "07_image_to_array.html"
    long, wide = "<p>line</p>" * 200, f"<pre>{'x' * 900}</pre>"
    slides = f"</section><section><h2>Long</h2>{long}</section><section><h2>Wide</h2>{wide}</section></div></div>"
    text, count = re.subn(r"</section>\s*</div>\s*</div>", slides, page.read_text())
    page.write_text(text)
    assert count == 1
    wrong = measured([page])[page.stem][1]
    assert any("Long" in line and "high" in line for line in wrong), wrong
    assert any("Wide" in line and "wide" in line for line in wrong)
