"""Execute one notebook with papermill: it is completed and recorded, or stopped with a one-line error."""

import contextlib
import time
from collections.abc import Callable

import nbformat
import papermill
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillException, PapermillExecutionError

from helpers.common import artifacts
from helpers.common.errors import WorkbookError
from helpers.workbook import freshness
from helpers.workbook.checks import alt_text
from helpers.workbook.road import Notebook

CELL_TIMEOUT_S = 4 * 3600  # the note's 100 epochs on a slow machine, in one cell
KERNEL_TIMEOUT_S = 120  # a first start compiles IPython's files
NOISE = {"papermill", "execution", "trusted", "ExecuteTime"}  # cell metadata that describes one run only
WIDGET = "application/vnd.jupyter.widget-view+json"


class NotebookFailed(WorkbookError):
    """A notebook stopped before its end; the line says where and why."""


def run(notebook: Notebook, values: dict, mark: str, on_cell: Callable[[], None] = lambda: None) -> float:
    """Execute a notebook, keep the executed copy and the record; return the seconds it took.

    values: all parameters. mark: the notebook's fingerprint. on_cell: called after every code cell.
    Raises NotebookFailed; build/executed/NAME.failed.ipynb then shows how far it came.
    """
    target = freshness.executed(notebook)
    failed = target.with_suffix(".failed.ipynb")
    for stale in (freshness.record_path(notebook), failed):
        stale.unlink(missing_ok=True)
    start = time.monotonic()
    with artifacts.replacing(target) as temporary:
        try:
            _execute(notebook, values, temporary, on_cell)
        except NotebookFailed:
            if temporary.stat().st_size:
                artifacts.write_bytes(failed, temporary.read_bytes())
            raise
        _clean(temporary)
    seconds = round(time.monotonic() - start, 1)
    written = freshness.digests(notebook.writes)
    if missing := [name for name in notebook.promises if written[name] is None]:
        raise NotebookFailed(f"ended without writing {', '.join(missing)}", where=notebook.name)
    record = {"fingerprint": mark, "parameters": values, "seconds": seconds, "writes": written}
    artifacts.write_json(freshness.record_path(notebook), record)
    return seconds


def injected(notebook: Notebook, values: dict) -> dict:
    """Return the parameters that differ from the notebook's own; if there are none, no cell is injected."""
    return {name: value for name, value in values.items() if value != notebook.defaults.get(name)}


def _execute(notebook: Notebook, values: dict, output, on_cell) -> None:
    """Run papermill, and convert every failure to NotebookFailed."""
    with _one_line(notebook):
        papermill.execute_notebook(
            *(str(path).replace("{", "{{").replace("}", "}}") for path in (notebook.path, output)),
            parameters=injected(notebook, values),
            kernel_name="python3",
            cwd=notebook.path.parent,
            progress_bar=False,
            request_save_on_cell_execute=False,
            start_timeout=KERNEL_TIMEOUT_S,
            execution_timeout=CELL_TIMEOUT_S,
            coalesce_streams=True,
            extra_arguments=["--log-level=CRITICAL"],  # the kernel's own remarks; errors come as exceptions
            on_cell_executed=lambda **_: on_cell(),
        )


@contextlib.contextmanager
def _one_line(notebook: Notebook):
    try:
        yield
    except PapermillExecutionError as error:
        reason = next((line for line in error.evalue.splitlines() if line.strip()), "no reason given")
        where = f"{notebook.name}, cell [{error.exec_count}]"
        raise NotebookFailed(f"{error.ename}: {reason.rstrip(' .')}", where=where) from error
    except CellTimeoutError as error:
        raise NotebookFailed(f"a cell took more than {CELL_TIMEOUT_S // 3600} hours", where=notebook.name) from error
    except NoSuchKernel as error:
        remedy = "install the project's environment again (README.md)"
        raise NotebookFailed("there is no Jupyter kernel `python3`", where=notebook.name, remedy=remedy) from error
    except (DeadKernelError, RuntimeError, PapermillException) as error:
        remedy = "see whether the machine is out of memory or disk space"
        raise NotebookFailed(f"the kernel stopped: {error}", where=notebook.name, remedy=remedy) from error


def _clean(path) -> None:
    """Remove everything that differs between runs and machines, so that git shows changes of content only."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata = {key: notebook.metadata[key] for key in ("kernelspec", "workbook")}
    notebook.metadata["language_info"] = {"name": "python"}
    alt_text.describe(notebook)
    for cell in notebook.cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if key not in NOISE and value != []}
        if cell.cell_type == "code":
            cell.outputs = [output for output in map(_printed, cell.outputs) if output]
    nbformat.write(notebook, path)


def _printed(output):
    """Return the output without its widget, which needs a running kernel; None if nothing else can be shown."""
    data = output.get("data", {})
    return output if data.pop(WIDGET, None) is None or "image/png" in data else None
