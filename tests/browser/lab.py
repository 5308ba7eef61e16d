"""JupyterLab in a real browser without a screen: a server of its own, and the chromium that is installed."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
from playwright.sync_api import Page, sync_playwright

from helpers.common import artifacts
from helpers.workbook import parameters, road

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_S = 600  # for a whole notebook on a busy machine
START_S = 120  # for JupyterLab's page
TOKEN = "touch"
SETTINGS = {  # the whole notebook in the page, nothing asked, nothing fetched
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


def chromium() -> str | None:
    """The browser: what WORKBOOK_CHROMIUM names, else the first on PATH."""
    return os.environ.get("WORKBOOK_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def lend(name: str, folder: Path, parameter_set: str | None = None) -> None:
    """Copy a committed notebook without its outputs, with the values of a named parameter set in its parameters cell."""
    source = road.read(artifacts.NOTEBOOKS / f"{name}.ipynb")
    chosen = parameters.named_set(parameter_set) if parameter_set else {}
    values = parameters.resolve([source], chosen, [])[name]
    for cell in source.code_cells:
        cell.outputs, cell.execution_count = [], None
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = "\n".join(f"{parameter} = {value!r}" for parameter, value in values.items())
    nbformat.write(source.content, folder / f"{name}.ipynb")


class Lab:
    """A JupyterLab server over a folder of notebooks, and one browser window at it."""

    def __init__(self, address: str, page: Page, elsewhere: list[str]):
        self.address, self.page, self.elsewhere = address, page, elsewhere

    def open(self, name: str) -> None:
        """Open one notebook in the plain window (its menus and cells, no side bars)."""
        self.page.goto(f"{self.address}/doc/tree/{name}?token={TOKEN}&reset", timeout=START_S * 1000)
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=START_S * 1000)
        self.wait_for(
            "document.querySelector('#jp-main-statusbar')?.textContent.includes('| Idle')", "kernel ready", START_S
        )

    def run_all(self) -> None:
        """Run every cell and wait until the last has ended; fails with the first error that a cell shows."""
        self.page.locator(".lm-MenuBar-item", has_text="Run").first.click()
        self.page.locator(".lm-Menu-item", has_text="Run All Cells").first.click()
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            state = self.page.evaluate(_STATE)
            assert not state["errors"], f"a cell stopped: {state['errors'][0]}"
            if state["waiting"] == 0:
                return
            time.sleep(0.3)
        raise AssertionError(f"{state['waiting']} cells have not ended within {PATIENCE_S} s")

    def close_kernel(self) -> None:
        """End the kernel of the notebook that is open, so that its memory is free for the next."""
        self.page.locator(".lm-MenuBar-item", has_text="Kernel").first.click()
        self.page.locator(".lm-Menu-item", has_text="Shut Down Kernel").first.click()
        self.wait_for(
            "document.querySelector('#jp-main-statusbar')?.textContent.includes('No Kernel')", "the kernel ends"
        )

    def wait_for(self, script: str, what: str, seconds: float = 60) -> None:
        """Wait until a JavaScript expression is true."""
        with contextlib.suppress(Exception):
            self.page.wait_for_function(script, timeout=seconds * 1000)
            return
        raise AssertionError(f"did not happen within {seconds} s: {what}")

    def screenshot(self, path: Path) -> None:
        """Keep what the window shows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path)


# How many code cells have no number in their prompt yet (a star while they wait or run), and what has gone wrong.
_STATE = """() => {
  const prompts = [...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')].map(each => each.textContent);
  const wrong = document.querySelectorAll('.jp-Notebook [data-mime-type="application/vnd.jupyter.error"]');
  return {waiting: prompts.filter(text => !/[0-9]/.test(text)).length, errors: [...wrong].map(each => each.textContent)};
}"""


@contextlib.contextmanager
def opened(folder: Path, build: Path, scratch: Path) -> Iterator[Lab]:
    """A Lab over copies of notebooks in `folder`, whose kernels build in `build`."""
    with _server(folder, build, scratch) as address, sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        try:
            page = browser.new_page(viewport={"width": 1100, "height": 1000})
            elsewhere: list[str] = []
            page.route("**/*", lambda route: _only_here(route, address, elsewhere))
            yield Lab(address, page, elsewhere)
        finally:
            browser.close()


def _only_here(route, address: str, elsewhere: list[str]) -> None:
    """Let the page ask nobody but the server: the workbook must work without the internet."""
    url = route.request.url
    if url.startswith((address, "data:", "blob:")):
        route.continue_()
    else:
        elsewhere.append(url)
        route.abort()


@contextlib.contextmanager
def _server(folder: Path, build: Path, scratch: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name, values in SETTINGS.items():
        path = scratch / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    options = {
        "ServerApp.port": port, "ServerApp.port_retries": 0, "ServerApp.root_dir": folder, "IdentityProvider.token": TOKEN,
        "LabApp.user_settings_dir": scratch / "settings", "LabApp.workspaces_dir": scratch / "workspaces",
    }  # fmt: skip
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--{name}={value}" for name, value in options.items()]
    own = {
        name: str(scratch / name)
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
    }
    with (scratch / "lab.log").open("w") as log:
        server = subprocess.Popen(
            command, env=os.environ | own | {"WORKBOOK_BUILD": str(build)}, stdout=log, stderr=log
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/api?token={TOKEN}", server, scratch / "lab.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)


def _wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.2)
    raise AssertionError(f"JupyterLab did not start: {log.read_text()[-600:]}")
