"""What model-compiler's options choose as the target of a bundle."""

import argparse

from helpers.common.errors import BadParameter
from helpers.compiler import driver, targets
from helpers.compiler.frontends import wording

LARGEST = 2**31  # bytes of a memory, and cycles of a wait
BUDGET = ("mcpu_flash", "mcpu_ram", "mcpu_wait_states")


def target(chosen: argparse.Namespace) -> driver.Target:
    """Return the target; raises BadParameter for options that exclude each other, or that need others."""
    if bool(chosen.target) != bool(chosen.mcpu):
        raise BadParameter("-target and -mcpu go together", remedy="for example -target=arm -mcpu=cortex-m0")
    if chosen.float_abi == "hard" and chosen.mcpu != "cortex-m7":
        raise BadParameter(
            f"-float-abi=hard needs a core with an FPU, not {chosen.mcpu or 'this machine'}",
            remedy="leave -float-abi out, or give -mcpu=cortex-m7",
        )
    flags = ["-O2", *(["-fPIC"] if chosen.relocation_model == "pic" else []), *(["-g"] if chosen.g else [])]
    form = chosen.mcpu_form or None
    _check_form(form, chosen.mcpu)
    mul_cycles = int(chosen.mcpu_multiplier)
    if mul_cycles > 1 and form not in (*targets.BY_MUL_CYCLES, targets.AUTO):
        named = " or ".join(targets.BY_MUL_CYCLES)
        raise BadParameter(
            f"-mcpu-multiplier={mul_cycles} changes nothing in form {form}", remedy=f"give -mcpu-form={named}"
        )
    hard_float, reuse = chosen.float_abi == "hard", chosen.reuse_input_memory
    return driver.Target(
        chosen.mcpu or None, hard_float, tuple(flags), form, mul_cycles, reuse, budget=_budget(chosen, form)
    )


def _check_form(form: str | None, cpu: str) -> None:
    if not form or form in targets.of(cpu) or (form == targets.AUTO and cpu in targets.CPUS):
        return
    able = [each for each in targets.CPUS if form in (*targets.of(each), targets.AUTO)]
    named = targets.CPUS[1] if targets.CPUS[1] in able else able[0]
    raise BadParameter(
        f"-mcpu-form={form} needs one of {', '.join(able)}, not {cpu or 'this machine'}",
        remedy=f"give -target=arm -mcpu={named}",
    )


def _budget(chosen: argparse.Namespace, form: str | None) -> targets.Budget | None:
    """The budget of form auto."""
    given = {name: getattr(chosen, name) for name in BUDGET if getattr(chosen, name) is not None}
    option = {name: f"-{name.replace('_', '-')}" for name in BUDGET}
    if form != targets.AUTO:
        if given:
            what = f"{option[next(iter(given))]} changes nothing without -mcpu-form=auto"
            raise BadParameter(what, remedy="give -mcpu-form=auto, or leave it out")
        return None
    if not {"mcpu_flash", "mcpu_ram"} <= set(given):
        what = "-mcpu-form=auto needs what the network may take"
        raise BadParameter(what, remedy="give -mcpu-flash=BYTES and -mcpu-ram=BYTES")
    for name, text in given.items():
        if not text.isdigit() or int(text) >= LARGEST:
            remedy = f"use a whole number below {LARGEST:,}"
            raise BadParameter(f"{option[name]} cannot be {wording.quoted(text)}", remedy=remedy)
    return targets.Budget(*(int(given.get(name, 0)) for name in BUDGET))
