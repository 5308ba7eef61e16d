"""Compare all forms of code for a network on a board, and choose the fastest that fits."""

import contextlib
import dataclasses
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers.common.errors import DoesNotFit, SystemRefused, WorkbookError
from helpers.compiler import driver, targets
from helpers.compiler.frontends import wording
from helpers.compiler.ir.graph import Graph
from helpers.evaluation import sample_networks
from helpers.hardware import boards
from helpers.hardware.boards import Board
from helpers.own_network import bounds, fit
from helpers.own_network.fit import Estimate


@dataclass(frozen=True)
class Comparison:
    """One network on one board: a row per form, in the compiler's order; note: further information for the reader, or ""."""

    board: Board
    multiplications: int
    rows: tuple[Estimate, ...]
    note: str = ""

    @property
    def chosen(self) -> Estimate | None:
        """The fastest form that fits, flash waits included; among equals, the one with less flash. None if no form fits."""
        return min((row for row in self.rows if row.fits), key=lambda row: (row.cycles, row.flash_bytes), default=None)

    @property
    def nearest(self) -> Estimate | None:
        """The form with code that lacks the fewest bytes, if none fits; None if no form has code.

        A compiled form is preferred to forms of which only the lower bound is known.
        """
        lacking = [row for row in self.rows if not row.reason]
        return min(lacking, key=lambda row: (row.cycles is None, sum(row.missing.values())), default=None)


def compare(model, board: str, form: str | None = None, reuse_inputs: bool = False) -> Comparison:
    """Compile a .h5, .keras, .onnx or .tflite for a board in every form of its core, or in one, and measure an inference.

    reuse_inputs: whether a call may overwrite its inputs. A form without code is a row with its reason. Raises BadParameter
    for an unknown board, form or file ending; what the importers raise for an invalid file.
    """
    target = boards.load(board)
    forms = (fit.form_for(target, form),) if form else targets.of(target.core)
    with tempfile.TemporaryDirectory() as scratch:
        source = fit.read(Path(model), Path(scratch))
        floats = driver.float_graph(source.file, source.symbols)
        hopeless = _hopeless(floats, target, forms)
        if hopeless:
            return hopeless
        graph = fit.integer_graph(source.file, source.symbols, floats)
        return of_graph(graph, target, forms, reuse_inputs=reuse_inputs)


def _hopeless(graph: Graph, board: Board, forms: tuple[str, ...]) -> Comparison | None:
    """Return rows without compiling if the float network's weights, a byte each, are too much for every form; else None."""
    least, work = bounds.of_any_form(graph), sum(sample_networks.multiplications(graph).values())
    rows = tuple(Estimate(board, form, least.flash, least.ram, work, activations_bytes=least.ram) for form in forms)
    return Comparison(board, work, rows) if all(row.missing for row in rows) else None


def of_graph(
    graph: Graph,
    board: Board,
    forms: tuple[str, ...],
    weights: str = "flash",
    reuse_inputs: bool = False,
    with_input: bool = False,
) -> Comparison:
    """Compare the forms for an integer graph; weights: where they are stored, "flash" or "ram".

    reuse_inputs: whether a call may overwrite its inputs. Where the fast form does not fit, a row with form auto follows;
    with_input: whether it leaves flash for a test input.

    If a single form has no code for the network, plain C is compiled, as model-compiler does, and a note says so.
    """
    work, note, rows = sum(sample_networks.multiplications(graph).values()), "", []
    for form in forms:
        given = driver.form_of(graph, driver.Target(board.core, form=form))
        if given != form and len(forms) > 1:
            rows.append(Estimate(board, form, 0, 0, work, reason=f"has no code for this network beyond {given}"))
            continue
        if given != form:
            note = f"note: form {form} has no code for this network: it is compiled as plain C"
        rows.append(_row(graph, board, form, weights, reuse_inputs))
    if len(forms) > 1 and weights == "flash" and board.core in targets.THUMB_CPUS and not _fits(rows, targets.FAST):
        rows += _mixed(graph, board, reuse_inputs, with_input)
    return Comparison(board, work, tuple(rows), note)


def _fits(rows: list[Estimate], form: str) -> bool:
    return any(row.form == form and row.fits for row in rows)


def _mixed(graph: Graph, board: Board, reuse_inputs: bool, with_input: bool) -> list[Estimate]:
    """The row of form auto; none if only a form of one piece fits."""
    with _reason() as why, tempfile.TemporaryDirectory() as scratch:
        found = fit.mixed(graph, board, Path(scratch, "bundle"), reuse_inputs, with_input)
        return [found] if found else []
    work = sum(sample_networks.multiplications(graph).values())
    return [Estimate(board, targets.AUTO, 0, 0, work, reason=" ".join(why))]


def _row(graph: Graph, board: Board, form: str, weights: str, reuse_inputs: bool) -> Estimate:
    with _reason() as why, tempfile.TemporaryDirectory() as scratch:
        return fit.counted(graph, board, form, Path(scratch, "bundle"), weights, reuse_inputs)
    work = sum(sample_networks.multiplications(graph).values())
    return Estimate(board, form, 0, 0, work, reason=" ".join(why), weights=weights)


@contextlib.contextmanager
def _reason() -> Iterator[list[str]]:
    """Catch what stops a form from being made: the words why, for its row."""
    why: list[str] = []
    try:
        yield why
    except (SystemRefused, OSError):  # a full disk tells nothing of the form
        raise
    except WorkbookError as error:
        place = "" if error.where is None else f" (node {wording.quoted(str(error.where))})"
        why += f"{error.what}{place}".split()
    except Exception as error:  # a fault of one form is no reason to keep the others from the reader
        why += f"the compiler failed, which is a fault of its own ({type(error).__name__}: {error})".split()


def reason(found: Comparison) -> str:
    """Say in words why the form was chosen, and on a second line, if others fit, what they would take."""
    chosen, others = found.chosen, [row for row in found.rows if row.fits and row is not found.chosen]
    ms = f"about {chosen.time_ms:.2f} ms"
    if not others:
        return f"the only one that fits {found.board.title}; {ms}"
    listed = ", ".join(f"{row.form} {row.time_ms:.2f}" for row in sorted(others, key=lambda row: row.cycles))
    return f"the fastest that fits {found.board.title}; {ms}\nthe others, in ms: {listed}"


def larger_boards(found: Comparison) -> list[str]:
    """Return other boards of the same core that a compiled form fits, smallest flash first."""
    others = [boards.load(name) for name in boards.all_boards() if name != found.board.name]
    same = [each for each in others if (each.core, each.mul_cycles) == (found.board.core, found.board.mul_cycles)]
    compiled = [row for row in found.rows if row.cycles is not None]
    fitting = [each for each in same if any(dataclasses.replace(row, board=each).fits for row in compiled)]
    return [each.name for each in sorted(fitting, key=lambda each: (each.flash.size, each.name))]


def remedy(found: Comparison) -> str:
    """Say what to do if no form fits; only remedies that are known to work are named."""
    ways = []
    if any(_in_flash(row).fits for row in found.rows if row.weights == "ram" and row.cycles is not None):
        ways.append("place the weights in flash")
    if len(found.rows) == 1 and len(targets.of(found.board.core)) > 1:
        ways.append("leave --form out, which compares every form")
    fitting = larger_boards(found)
    ways.append(f"take the board {fitting[0]}, which it fits" if fitting else "make the network smaller")
    return ", or ".join(ways)


def _in_flash(row: Estimate) -> Estimate:
    """Compare again with the weights in flash, the default."""
    return dataclasses.replace(row, weights="flash", ram_bytes=row.ram_bytes - row.constant_bytes)


def refusal(found: Comparison, where) -> DoesNotFit:
    """Return the error for a network that fits in no form."""
    nearest = found.nearest
    if nearest is None:
        reasons = "; ".join(f"{row.form}: {row.reason}" for row in found.rows)
        return DoesNotFit(f"no form has code for this network ({reasons})", where=where, remedy=remedy(found))
    least = "" if nearest.cycles is not None else "at least "
    which = f"form {nearest.form}" + (", the nearest to fitting" if len(found.rows) > 1 else "")
    return DoesNotFit(
        f"lacks {least}{nearest.lacking} on {found.board.title} in {which}", where=where, remedy=remedy(found)
    )
