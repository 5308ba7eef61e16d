"""The cores, the forms that code for them may have, and what a bundle is compiled for: one registry for all."""

from dataclasses import dataclass

CPUS = ("cortex-m0", "cortex-m0plus", "cortex-m7")
THUMB_CPUS, DSP_CPUS = CPUS[:2], CPUS[2:]


@dataclass(frozen=True)
class Form:
    """A way to spend memory for speed.

    pixel_weights: the most weights of a layer that become code of its own. unroll: the most weights of a pass that a pool's
    two rows may both have as code. straight: bytes of code that a list of taps may take before it is made a loop over units;
    longest: the taps of a unit beyond which they are summed in a loop. packed: whether such a loop keeps its weights as bytes.
    looped_pool: whether a row of a pool is a loop. multiplier: cycles of a multiplication on the core, 1 or 32.
    skips: whether what is blank is passed over: time then depends on the image.
    """

    name: str
    pixel_weights: int
    unroll: int
    straight: int
    longest: int
    packed: bool = False
    looped_pool: bool = False
    multiplier: int = 1
    skips: bool = False


FORMS = {
    form.name: form
    for form in (
        Form("fast", 1024, 64, 1100, 64),
        Form("small-flash", 256, 0, 100, 12, packed=True, looped_pool=True),
        Form("skip-blank", 1024, 64, 1100, 64, skips=True),
    )
}


PLAIN, FAST, LEAST_RAM = "plain", "fast", "least-ram"
BY_MULTIPLIER = tuple(FORMS)  # these do without multiplications where one takes 32 cycles
EVERY = (PLAIN, *FORMS, LEAST_RAM)
_DEFAULTS = dict.fromkeys(CPUS, FAST)


@dataclass(frozen=True)
class Target:
    """A core, a form and compiler flags to compile a bundle for; -mcpu of the Glow tools, or None for this machine.

    form: one of of(cpu), None being default(cpu); multiplier: cycles of a multiplication, for the forms in
    BY_MULTIPLIER.
    """

    cpu: str | None = None
    hard_float: bool = False
    flags: tuple[str, ...] = ("-O2",)
    form: str | None = None
    multiplier: int = 1


def of(cpu: str | None) -> tuple[str, ...]:
    """The forms of a core: "plain" is C that any core runs, and all there is for this machine (None).

    Cortex-M0 and M0+: those of thumb/plan.py, and that of streaming/. Cortex-M7: "fast" is dsp/.
    """
    if cpu in THUMB_CPUS:
        return EVERY
    return (PLAIN, FAST) if cpu in DSP_CPUS else (PLAIN,)


def default(cpu: str | None) -> str:
    """The form where none is asked for."""
    return _DEFAULTS.get(cpu or "", PLAIN)
