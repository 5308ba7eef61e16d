"""The page that reads drawn digits: small, offline, and what its emulator finds is what ours finds."""

import functools
import json
import re
import warnings
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from helpers.common import artifacts
from helpers.common.errors import MissingInput, ToolFailed
from helpers.data import images, strokes
from helpers.evaluation import first_digit
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.workbook import road
from helpers.workbook.publish import sphinx_site
from helpers.workbook.publish.page import bundler, cli, program
from tests.browser import lab

LIMIT = 2_000_000  # bytes
DRAWN = (0, 4, 7, 8)
WINDOWS = {"laptop": (1366, 768), "phone": (360, 780)}
# In this network 7 functions push LR and pop PC once each, which rp2040js counts a cycle too low both times.
LEFT_OUT = 14


@pytest.fixture(scope="module")
def folder(session_build):
    """The page, made once."""
    try:
        bundler.installed()
    except (MissingInput, ToolFailed) as error:  # no Node.js, no network, a registry that is down
        warnings.warn(f"{error} The page was NOT made and NOT tested", stacklevel=1)
        pytest.skip(str(error))
    with artifacts.building_in(session_build):
        return cli.write().parent


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """The shipped network for our emulator."""
    pixels = images.read_png(first_digit.IMAGE, (28, 28))
    return EmulatedBundle(first_digit.compiled(pixels, tmp_path_factory.mktemp("page") / "bundle", program.FORM))


@pytest.fixture(scope="module")
def browser():
    if not lab.chromium():
        warnings.warn("NO BROWSER: the page was NOT opened. Install chromium, or set WORKBOOK_CHROMIUM", stacklevel=1)
        pytest.skip("NO BROWSER: install chromium (or set WORKBOOK_CHROMIUM)")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        window = playwright.chromium.launch(executable_path=lab.chromium(), args=arguments)
        yield window
        window.close()


class Visit:
    """The page in a window, with all that it asked for and every error."""

    def __init__(self, browser, address: str, window: str = "laptop", **options):
        width, height = WINDOWS[window]
        self.page = browser.new_page(viewport={"width": width, "height": height}, **options)
        self.asked, self.errors = [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        self.page.goto(address)
        self.page.wait_for_selector("body[data-ready]")
        self.page.evaluate("document.addEventListener('digit-read', (event) => { window.reading = event.detail; })")

    def draw(self, digit: int) -> dict:
        """Draw an example with the mouse; what the page read, from its event."""
        self.page.locator("#clear").click()
        self.page.evaluate("window.reading = null")
        box = self.page.locator("#sheet").bounding_box()
        for stroke in strokes.examples()[digit]:
            places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
            self.page.mouse.move(*places[0])
            self.page.mouse.down()
            for place in places[1:]:
                self.page.mouse.move(*place)
            self.page.mouse.up()
        self.page.wait_for_function("window.reading", timeout=2000)  # the first answer within 2 s
        return self.page.evaluate("window.reading")


@pytest.fixture(scope="module")
def visit(browser, folder):
    found = Visit(browser, (folder / "index.html").as_uri())
    yield found
    found.page.close()


def test_the_page_is_small_and_carries_its_licences(folder):
    names = {path.name for path in folder.iterdir()} - {artifacts.atomic_files.MARKER}
    assert names == {"index.html", "page.css", "page.js", "LICENSES.txt"}
    assert sum(path.stat().st_size for path in folder.iterdir()) < LIMIT
    text = (folder / "LICENSES.txt").read_text()
    assert "rp2040js 1.4.1" in text and "Uri Shaked" in text and "Permission is hereby granted" in text


def test_the_page_is_the_same_bytes_again(folder, build):
    assert artifacts.digest(cli.write().parent) == artifacts.digest(folder)
    assert cli.write().parent == build / "page"


def test_the_page_names_only_its_own_files(folder):
    html = (folder / "index.html").read_text()
    assert re.findall(r"(?:src|href)=\"([^\"]*)\"", html) == ["data:,", "page.css", "LICENSES.txt", "page.js"]
    assert "url(" not in (folder / "page.css").read_text() and "@import" not in (folder / "page.css").read_text()


def test_the_times_are_those_of_the_boards_programs():
    """A board's time is that of its built program, to the cycle."""
    times = {time.title: time for time in program.contents().times}
    assert len(times) == sum(
        board.core == program.CORE for board in map(first_digit.boards.load, first_digit.boards.all_boards())
    )
    for board in ("lpc845", "ke02z40m", "ke04z"):  # code read by halves, by words, and the image read where it lies
        reading = first_digit.read(board)
        time = times[reading.board.title]
        assert (time.cycles, time.milliseconds) == (reading.cycles, reading.milliseconds)


def test_the_test_image_takes_the_documented_cycles(visit):
    figures = json.loads((artifacts.ROOT / "tests" / "reference" / "figures.json").read_text())
    visit.page.locator("#test-image").click()
    reading = visit.page.evaluate("window.reading")
    assert reading["pixels"] == images.read_png(first_digit.IMAGE, (28, 28)).ravel().tolist() and reading["answer"] == 7
    assert reading["cycles"] == figures["Cortex-M0+"]["fast"]["cycles"] == 42_365
    assert reading["counted"] == 42_351
    visit.page.locator("#sheet").click()  # a stroke takes its place
    assert visit.page.evaluate("window.reading.pixels") != reading["pixels"]


@pytest.mark.parametrize("digit", DRAWN)
def test_the_browser_finds_what_our_emulator_finds(visit, bundle, digit):
    reading = visit.draw(digit)
    values = (np.array(reading["pixels"], np.int16) - 128).astype(np.int8).reshape(1, 28, 28, 1)
    found = bundle.measure(values)
    assert reading["outputs"] == found.output.tolist() and reading["answer"] == digit
    assert reading["cycles"] == found.cycles == reading["counted"] + LEFT_OUT
    ours = [found.cycles_of[name] for _, name in bundle.names]
    assert [function["cycles"] for function in reading["functions"]] == ours


def test_what_is_shown_is_what_was_read(visit):
    reading = visit.draw(3)
    shown = visit.page.locator("#outputs .value").all_inner_texts()
    assert [int(text) for text in shown] == reading["outputs"]
    assert visit.page.locator("#answer").inner_text() == "3"
    assert visit.page.locator("#outputs .best").get_attribute("data-output") == "3"
    assert visit.page.locator("#took").inner_text().startswith(f"{reading['cycles']:,} cycles, emulated in ")
    assert "read as 3" in visit.page.locator("#preview").get_attribute("aria-label")
    counted = [int(text.replace(",", "")) for text in visit.page.locator("#layers .value").all_inner_texts()]
    assert sum(counted) == reading["cycles"] and len(counted) == 7


def test_buttons_and_keys(visit):
    visit.page.locator("[data-example='5']").click()
    assert visit.page.locator("#answer").inner_text() == "5"
    visit.page.locator("#undo").click()
    assert visit.page.locator("#answer").inner_text() == "?"
    visit.page.locator("#sheet").focus()
    for key in (" ", *["ArrowDown"] * 16, " "):
        visit.page.keyboard.press(key)
    assert visit.page.locator("#answer").inner_text() == "1"
    visit.page.locator("#clear").click()
    assert visit.page.locator("#answer").inner_text() == "?"


def test_nothing_is_asked_of_any_network(visit, folder):
    visit.draw(2)
    assert visit.errors == []
    asked = {address for address in visit.asked if not address.startswith("data:")}
    assert asked == {(folder / name).as_uri() for name in ("index.html", "page.css", "page.js")}


def test_the_page_may_not_ask_even_if_it_tried(visit):
    refused = "fetch('https://example.org/').then(() => 'fetched', (error) => String(error))"
    before = list(visit.errors)
    assert "Failed to fetch" in visit.page.evaluate(refused)
    assert any("Content Security Policy" in line for line in visit.errors)
    visit.errors[:] = before


def test_it_works_from_a_web_server_too(browser, folder):
    handler = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        found = Visit(browser, f"http://127.0.0.1:{server.server_port}/index.html")
        assert found.draw(7)["answer"] == 7 and found.errors == []
        found.page.close()
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_) -> None:
        pass


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_window(browser, folder, window, scheme):
    found = Visit(browser, (folder / "index.html").as_uri(), window, color_scheme=scheme)
    assert found.draw(8)["answer"] == 8
    width, height = WINDOWS[window]
    assert found.page.evaluate("document.documentElement.scrollWidth") <= width
    ground = found.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    pictures = artifacts.ROOT / "build" / "browser"
    pictures.mkdir(parents=True, exist_ok=True)
    found.page.screenshot(path=pictures / f"page_{window}_{scheme}.png", full_page=True)
    if window == "phone":  # the times are in sight without scrolling sideways
        table = "(table) => table.scrollWidth <= table.parentElement.clientWidth"
        assert found.page.locator("table").evaluate(table)
    if window == "laptop":  # all of it without scrolling
        assert found.page.evaluate("document.documentElement.scrollHeight") <= height
    assert found.errors == []
    found.page.close()


def test_a_finger_draws(browser, folder):
    found = Visit(browser, (folder / "index.html").as_uri(), "phone", has_touch=True)
    box = found.page.locator("#sheet").bounding_box()
    found.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    found.page.wait_for_function("window.reading", timeout=2000)
    assert any(found.page.evaluate("window.reading.pixels"))
    found.page.close()


def test_without_node_one_line_says_what_to_install(monkeypatch, build, capsys):
    monkeypatch.setattr(bundler.shutil, "which", lambda name: None)
    assert cli.main([]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "Node.js and npm not installed. Install Node.js 18 or newer" in said
    assert not (build / "page").exists()


def test_where_npm_fails_one_line_says_so(monkeypatch, tmp_path, build, capsys):
    monkeypatch.setattr(bundler.artifacts, "ROOT", tmp_path)
    if bundler.shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    assert cli.main([]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "npm stopped: " in said and "Check the connection to npm" in said
    assert not (tmp_path / ".cache" / "page").exists() and not (build / "page").exists()


@pytest.mark.slow
def test_the_book_begins_with_the_page_in_the_books_colours(browser, folder):
    with artifacts.building_in(folder.parent):
        book = sphinx_site.write_book(road.select(road.discover(), ["07"]))
    # "null": an emulated scheme would reach into the frame and hide what the book's own theme does.
    window = browser.new_page(viewport={"width": 1366, "height": 768}, color_scheme="null")
    errors = []
    window.on("console", lambda said: said.type == "error" and errors.append(said.text))
    window.goto(book.as_uri())
    frame = window.frame_locator("iframe.drawing")
    box = window.locator("iframe.drawing").bounding_box()
    assert box["y"] + box["height"] < 768  # all of it without scrolling
    frame.locator("[data-example='3']").click()
    frame.locator("#answer:has-text('3')").wait_for(timeout=5000)
    for theme in ("dark", "light"):
        window.locator("body").evaluate("(body, theme) => { body.dataset.theme = theme; }", theme)
        window.wait_for_timeout(200)
        assert frame.locator("body").evaluate(f"() => matchMedia('(prefers-color-scheme: {theme})').matches")
    assert errors == []
    window.close()
