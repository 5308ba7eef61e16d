"""Registry of the cores, their forms of code, and the targets of a bundle."""

from dataclasses import dataclass, replace

CPUS = ("cortex-m0", "cortex-m0plus", "cortex-m7")
THUMB_CPUS, DSP_CPUS = CPUS[:2], CPUS[2:]


@dataclass(frozen=True)
class Form:
    """A way to spend memory for speed.

    pixel_weights: the most weights of a layer that become separate code. unroll: the most weights of a pass for which both rows
    of a pool get their own code. straight: bytes of code of a list of taps beyond which it becomes a loop over units; longest:
    the taps of a unit beyond which they are summed in a loop. spread: quads of outputs from which on a list of taps is worth its
    code however long it is, because they share it; 0: never. packed: whether such a loop keeps its weights as bytes.
    looped_pool: whether a row of a pool is a loop. mul_cycles: cycles of a multiplication on the core, 1 or 32.
    skips: whether blank areas are skipped; the time then depends on the image. rows: whether kernels hand rows to each other
    where that takes less RAM. c_rows: whether layers in C do so, too. reuses_inputs: whether an input's bytes are free for others
    after its last read. small: names of layers that get the code of small-flash instead; plain: of those that get C. most: bytes
    of activations down to which kernels hand rows to each other; None: as few as can be.
    """

    name: str
    pixel_weights: int
    unroll: int
    straight: int
    longest: int
    spread: int = 0
    packed: bool = False
    looped_pool: bool = False
    mul_cycles: int = 1
    skips: bool = False
    rows: bool = False
    c_rows: bool = False
    reuses_inputs: bool = False
    small: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    most: int | None = None

    def of_layer(self, name: str) -> "Form":
        """Return the form that a layer's code has."""
        if name not in self.small:
            return self
        other = FORMS[SMALL_FLASH]
        return replace(
            other, name=self.name, mul_cycles=self.mul_cycles, skips=self.skips, rows=self.rows,
            reuses_inputs=self.reuses_inputs,
        )  # fmt: skip


PLAIN, FAST, SMALL_FLASH, SMALL_RAM, LEAST_RAM, AUTO = "plain", "fast", "small-flash", "small-ram", "least-ram", "auto"
FORMS = {
    form.name: form
    for form in (
        Form(FAST, 1024, 64, 2048, 64, spread=6),
        Form(SMALL_FLASH, 256, 0, 100, 12, packed=True, looped_pool=True),
        Form(SMALL_RAM, 1024, 64, 2048, 64, spread=6, rows=True),
        Form("skip-blank", 1024, 64, 2048, 64, spread=6, skips=True),
    )
}
BY_MUL_CYCLES = tuple(FORMS)  # these do without multiplications where one takes 32 cycles
EVERY = (PLAIN, *FORMS, LEAST_RAM)
LEAST = Form(LEAST_RAM, 256, 0, 100, 12, packed=True, looped_pool=True, rows=True, c_rows=True)
_DEFAULTS = dict.fromkeys(CPUS, FAST)


@dataclass(frozen=True)
class Budget:
    """What a network may take with form AUTO: bytes of flash (code and weights) and of RAM (inputs, outputs and activations).

    wait_states: of the flash, in cycles a read.
    """

    flash: int
    ram: int
    wait_states: int = 0


@dataclass(frozen=True)
class LayerChoice:
    """What form AUTO has chosen for a layer: its form, whether it makes one row at a time, and why.

    flash_bytes, cycles: about what the layer takes.
    """

    name: str
    form: str
    by_rows: bool
    flash_bytes: int
    cycles: int
    why: str


@dataclass(frozen=True)
class Mix:
    """A form for each layer; form: that of the whole, with the layers that are to be small."""

    form: Form
    layers: tuple[LayerChoice, ...]


@dataclass(frozen=True)
class Target:
    """The target of a bundle: a core (-mcpu of the Glow tools, or None for this machine), a form and compiler flags.

    form: one of of(cpu), or AUTO, None being default(cpu); mul_cycles: cycles of a multiplication, for the forms in
    BY_MUL_CYCLES. reuse_inputs: a call may overwrite its inputs, so that their memory serves the activations as well.
    budget: for AUTO; mix: what it has chosen, if that is known.
    """

    cpu: str | None = None
    hard_float: bool = False
    flags: tuple[str, ...] = ("-O2",)
    form: str | None = None
    mul_cycles: int = 1
    reuse_inputs: bool = False
    budget: Budget | None = None
    mix: Mix | None = None


def of(cpu: str | None) -> tuple[str, ...]:
    """Return the forms of a core: "plain" is C for any core, and the only form for this machine (None).

    Cortex-M0 and M0+: those of thumb/plan.py, and that of streaming/. Cortex-M7: "fast" is dsp/.
    """
    if cpu in THUMB_CPUS:
        return EVERY
    return (PLAIN, FAST) if cpu in DSP_CPUS else (PLAIN,)


def default(cpu: str | None) -> str:
    """Return a core's default form."""
    return _DEFAULTS.get(cpu or "", PLAIN)
