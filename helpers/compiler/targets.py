"""The forms that code for a core may have, by name: one registry for the command line, the benchmark and the tests."""

from helpers.compiler.backends.thumb.plan import FORMS

CPUS = ("cortex-m0", "cortex-m0plus", "cortex-m7")
THUMB_CPUS, DSP_CPUS = CPUS[:2], CPUS[2:]
PLAIN, FAST, LEAST_RAM = "plain", "fast", "least-ram"
BY_MULTIPLIER = tuple(FORMS)  # these do without multiplications where one takes 32 cycles
EVERY = (PLAIN, *FORMS, LEAST_RAM)
_DEFAULTS = dict.fromkeys(CPUS, FAST)


def of(cpu: str | None) -> tuple[str, ...]:
    """The forms of a core: "plain" is C that any core runs, and all there is for this machine (None).

    Cortex-M0 and M0+: those of thumb/plan.py, and that of streaming/. Cortex-M7: "fast" is dsp/.
    """
    if cpu in THUMB_CPUS:
        return EVERY
    return (PLAIN, FAST) if cpu in DSP_CPUS else (PLAIN,)


def default(cpu: str | None) -> str:
    """The form where none is asked for."""
    return _DEFAULTS.get(cpu, PLAIN)
