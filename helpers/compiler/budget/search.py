"""The door: a graph and a budget to a form for each layer, checked against the linked program."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from helpers.common.errors import DoesNotFit, Unsupported
from helpers.compiler.backends import memory_plan
from helpers.compiler.backends.dsp.rewrite import for_dsp
from helpers.compiler.backends.equivalents import rewrite
from helpers.compiler.backends.plain_c import packed_sums
from helpers.compiler.backends.plain_c import program as plain_c
from helpers.compiler.backends.program import Program
from helpers.compiler.backends.rows import bands
from helpers.compiler.backends.rows import program as rows
from helpers.compiler.backends.streaming import chain
from helpers.compiler.backends.streaming import program as streaming
from helpers.compiler.backends.thumb import plan
from helpers.compiler.backends.thumb import program as thumb
from helpers.compiler.backends.thumb.buffers import edges
from helpers.compiler.budget import mixture, sizes
from helpers.compiler.budget.mixture import Choice, Layer, Whole
from helpers.compiler.ir.graph import Graph
from helpers.compiler.targets import (
    AUTO,
    DSP_CPUS,
    FAST,
    FORMS,
    LEAST_RAM,
    PLAIN,
    SMALL_FLASH,
    THUMB_CPUS,
    Budget,
    Form,
    LayerChoice,
    Mix,
    Target,
)

NAME = "net"
LONGEST_NAME = 40  # characters of a layer's name that are shown; what tells layers apart is at its end
MOST_ROUNDS = 8  # of choosing again for what the linked program takes more than was thought


def resolved(graph: Graph, target: Target) -> Target:
    """Return a target with form AUTO and a budget with what is chosen for it: its `mix`, or another form if only that fits.

    Raises DoesNotFit if nothing does, with what is missing.
    """
    assert target.budget is not None, "form auto is chosen for a budget"
    if target.cpu not in THUMB_CPUS or not plan.suits(rewrite.with_kernels(graph, AUTO), FORMS[FAST]):
        return _other_form(graph, target, {})
    found = _Search(graph, target, target.budget)
    mix = found.mix()
    return replace(target, mix=mix) if mix else _other_form(graph, target, found.nearest)


def _other_form(graph: Graph, target: Target, nearest: dict[str, int]) -> Target:
    """Return the target with a form of one piece that fits. nearest: what the best mix lacks. Raises DoesNotFit."""
    assert target.budget is not None, "form auto is chosen for a budget"
    lacking = [(f"form {AUTO}", nearest)] if nearest else []
    for form in (FAST, PLAIN) if target.cpu in DSP_CPUS else (SMALL_FLASH, PLAIN, LEAST_RAM):
        try:
            own, made = _of_form(graph, target, form)
        except Unsupported:
            continue
        missing = sizes.measured(made, own, target, NAME).missing(target.budget)
        if not missing:
            return replace(target, form=form)
        lacking.append((f"form {form}", missing))
    which, missing = min(lacking, key=lambda each: sum(each[1].values()))
    words = " and ".join(f"{count:,} bytes of {name}" for name, count in missing.items())
    raise DoesNotFit(
        f"lacks {words} in {which}, the nearest to fitting", remedy="allow more, or make the network smaller"
    )


def _of_form(graph: Graph, target: Target, form: str) -> tuple[Graph, Program]:
    """The code of a form of one piece, and the graph that its layout belongs to."""
    if target.cpu in THUMB_CPUS and form != PLAIN:
        graph = rewrite.with_kernels(graph, form)
    if form == LEAST_RAM and target.reuse_inputs:
        raise Unsupported(f"form {form} has no memory of its own for its input")
    if form == LEAST_RAM:
        in_c = chain.takes(graph)
        return (graph, streaming.program(graph, NAME, NAME)) if in_c else rows.least(graph, NAME, NAME)
    if form == SMALL_FLASH:
        if target.cpu not in THUMB_CPUS or not plan.suits(graph, FORMS[form]):
            raise Unsupported(f"form {form} has no code of its own for it")
        own_form = replace(FORMS[form], mul_cycles=target.mul_cycles, reuses_inputs=target.reuse_inputs)
        return graph, thumb.program(graph, own_form, NAME, NAME)
    own = for_dsp(graph) if form == FAST else packed_sums.with_packed_weights(graph)
    return own, plain_c.program(own, NAME, NAME, form, target.reuse_inputs)


@dataclass
class _Search:
    """Mixes for one graph and budget, tried one after the other.

    nearest: what the best one lacks, by memory; graphs, others, edges: what is compiled, the forms of layers that are not to be
    fast, and inputs and outputs, each by whether layers hand each other rows.
    """

    given: Graph
    target: Target
    budget: Budget
    nearest: dict[str, int] = field(default_factory=dict)
    graphs: dict[bool, Graph] = field(default_factory=dict)
    others: dict[bool, dict[str, Whole]] = field(default_factory=dict)
    edges: dict[bool, memory_plan.Layout] = field(default_factory=dict)

    def mix(self) -> Mix | None:
        """Return the fastest mix that fits: whole layers, or else layers that hand each other rows; None if neither does."""
        whole = self._whole(self._form())
        if not whole.sizes.missing(self.budget):
            return self._described(self._form(), whole)
        found = None if "RAM" in whole.sizes.missing(self.budget) else self._fitted(self._form(), whole)
        return found or self._by_rows()

    @property
    def _given(self) -> dict:
        return {"mul_cycles": self.target.mul_cycles, "reuses_inputs": self.target.reuse_inputs}

    def _form(self, most: int | None = None) -> Form:
        """The form of the whole; most: bytes of activations that bands keep to, None: no bands."""
        return replace(FORMS[FAST], name=AUTO, rows=most is not None, most=most, **self._given)

    def _graph(self, in_rows: bool) -> Graph:
        if in_rows not in self.graphs:
            self.graphs[in_rows] = rewrite.of_mix(self.given, in_rows)
        return self.graphs[in_rows]

    def _others(self, in_rows: bool) -> dict[str, Whole]:
        """The network with small layers only, and with plain ones only."""
        if in_rows not in self.others:
            every = frozenset(node.name for node in self._graph(in_rows).in_order())
            forms = {SMALL_FLASH: replace(FORMS[SMALL_FLASH], **self._given), PLAIN: replace(self._form(), plain=every)}
            self.others[in_rows] = {name: self._whole(form, in_rows) for name, form in forms.items()}
        return self.others[in_rows]

    def _whole(self, form: Form, in_rows: bool = False) -> Whole:
        backend, graph = rows if form.rows else thumb, self._graph(in_rows or form.rows)
        made = backend.program(graph, form, NAME, NAME)
        return Whole(plan.kernels(graph, form), sizes.measured(made, graph, self.target, NAME))

    def _by_rows(self) -> Mix | None:
        """Return the mix with bands, as few as the RAM allows."""
        apart = self._edges(True).mutable_bytes
        most = self.budget.ram - apart
        for _ in range(MOST_ROUNDS):
            whole = self._whole(self._form(max(most, 0)))
            lacking = whole.sizes.missing(self.budget).get("RAM", 0)
            if not lacking:
                return self._fitted(self._form(max(most, 0)), whole)
            self._note(whole.sizes.missing(self.budget))
            if most <= 0:
                break
            most = max(0, most - lacking) if most > whole.sizes.ram - apart - lacking else 0
        return None

    def _edges(self, in_rows: bool) -> memory_plan.Layout:
        """Inputs and outputs, as far as they have memory of their own; planned once."""
        if in_rows not in self.edges:
            self.edges[in_rows] = self._planned_edges(in_rows)
        return self.edges[in_rows]

    def _planned_edges(self, in_rows: bool) -> memory_plan.Layout:
        if self.target.reuse_inputs:
            return replace(memory_plan.plan(self.given, True), mutable_bytes=0)
        return edges.in_words(self.given, rows.in_place(self.given)) if in_rows else memory_plan.plan(self.given)

    def _note(self, missing: dict[str, int]) -> None:
        if not self.nearest or sum(missing.values()) < sum(self.nearest.values()):
            self.nearest = missing

    def _fitted(self, form: Form, whole: Whole) -> Mix | None:
        """Return the mix with as few small layers as the flash asks for; None if it cannot be."""
        every = mixture.layers({FAST: whole, **self._others(form.rows)}, NAME, self.budget.wait_states)
        needed, to_save = (whole.sizes.flash - self.budget.flash,) * 2
        all_fast, tried = (0,) * len(every), set()
        ram = self.budget.ram + self._ram(form, every, all_fast) - whole.sizes.ram  # by how much the estimate is off
        for _ in range(MOST_ROUNDS):
            choice = mixture.smallest(every, to_save, self._allowed(form, every, ram))
            if choice in tried:
                return None
            tried.add(choice)
            own = _with(form, every, choice)
            made = self._whole(own) if any(choice) else whole
            missing = made.sizes.missing(self.budget)
            if not missing:
                return self._described(own, made, every, choice)
            self._note(missing)
            saved = whole.sizes.flash - made.sizes.flash
            to_save = max(to_save, needed + mixture.bytes_saved(every, choice) - saved)
            ram -= missing.get("RAM", 0)
        return None

    def _allowed(self, form: Form, every: list[Layer], ram: int) -> Callable[[Choice], bool]:
        return lambda choice: self._ram(form, every, choice) <= ram

    def _ram(self, form: Form, every: list[Layer], choice: Choice) -> int:
        """Estimate the bytes of RAM before anything is compiled."""
        kernels = [each for code in mixture.chosen(every, choice) for each in code.kernels]
        cutter = bands.Cutter(self._graph(form.rows), kernels, self.target.reuse_inputs, form.most)
        peak = cutter.peak() if form.rows else cutter.peak_of_wholes()
        return self._edges(form.rows).mutable_bytes + peak

    def _described(self, form: Form, made: Whole, every: list[Layer] | None = None, choice: Choice = ()) -> Mix:
        """Return the mix with a line for each layer; without `every`, all of it is fast."""
        every = every or mixture.layers({FAST: made}, NAME, self.budget.wait_states)
        banded, choice = self._banded(form, made), choice or (0,) * len(every)
        rows = zip(every, choice, strict=True)
        return Mix(form, tuple(_chosen(layer, number, bool(layer.names & banded)) for layer, number in rows))

    def _banded(self, form: Form, made: Whole) -> set[str]:
        """The nodes of the kernels that make one row at a time."""
        if not form.rows:
            return set()
        cut = bands.Cutter(self._graph(form.rows), made.kernels, self.target.reuse_inputs, form.most).bands()
        inside = [kernel for each in cut if isinstance(each, bands.Band) for kernel in each.kernels]
        return {node.name for kernel in inside for node in kernel.nodes}


def _with(form: Form, every: list[Layer], choice: Choice) -> Form:
    """The form of a whole with the forms of its layers."""
    names: dict[str, set[str]] = {SMALL_FLASH: set(), PLAIN: set()}
    for layer, code in zip(every, mixture.chosen(every, choice), strict=True):
        names.get(code.form, set()).update(layer.names)
    return replace(form, small=frozenset(names[SMALL_FLASH]), plain=frozenset(names[PLAIN]))


def _chosen(layer: Layer, number: int, by_rows: bool) -> LayerChoice:
    """A layer's row: what was chosen and why."""
    fast, code, form = layer.codes[0], layer.codes[number], layer.codes[number].form
    smaller = [other for other in layer.codes if other.bytes < fast.bytes]
    if fast.kernels[0].kind == "c":
        form, why = PLAIN, "no other code computes it"
    elif number:
        why = f"saves {fast.bytes - code.bytes:,} B of flash for about {max(code.cycles - fast.cycles, 0):,} cycles"
    elif len(layer.codes) == 1:
        why = "all of it fits"
    elif not smaller:
        why = "no other code of it is smaller"
    else:
        other = min(smaller, key=lambda other: other.cycles)
        why = (
            f"its {fast.bytes - other.bytes:,} B more of flash save about {max(other.cycles - fast.cycles, 0):,} cycles"
        )
    if by_rows:
        why += "; row by row, as whole values would not fit the RAM"
    return LayerChoice(fast.kernels[0].name, form, by_rows, code.bytes, code.cycles, why)


def explained(mix: Mix) -> list[str]:
    """Return a line for each layer: its name, its form and why."""
    rows = [(each.name[-LONGEST_NAME:], f"{each.form}{', by rows' * each.by_rows}", each.why) for each in mix.layers]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return [f"  {name:{widths[0]}}  {form:{widths[1]}}  {why}" for name, form, why in rows]
