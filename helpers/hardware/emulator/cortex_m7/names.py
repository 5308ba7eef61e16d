"""Which mnemonics, without a width or type suffix, are of which kind for the Cortex-M7's pipeline."""

from helpers.hardware.emulator.timing import CONDITIONAL_BRANCHES

BRANCHES = CONDITIONAL_BRANCHES | {"b", "bl", "bx", "blx", "cbz", "cbnz"}
TABLE_BRANCHES = {"tbb", "tbh"}

PLAIN = {
    "add",
    "adds",
    "addw",
    "sub",
    "subs",
    "subw",
    "mov",
    "movs",
    "movw",
    "movt",
    "adr",
}  # what the early ALU can do
SHIFTS = {"lsl", "lsls", "lsr", "lsrs", "asr", "asrs", "ror", "rors"}
COMPARES = {"cmp", "cmn", "tst", "teq"}
READS_FLAGS = {"adc", "adcs", "sbc", "sbcs", "rrx", "rrxs"}
WITH_TWO_OPERANDS = {
    "add",
    "sub",
    "adc",
    "sbc",
    "and",
    "orr",
    "eor",
    "bic",
    "lsl",
    "lsr",
    "asr",
    "ror",
    "orn",
}  # and an S
WHOLE_CONSTANTS = {"movw", "movt", "adr", "addw", "subw"}  # never shifted

REVERSES = {"rev", "rev16", "revsh", "rbit"}
EXTRACTS = {"sbfx", "ubfx"}
INSERTS = {"bfi", "bfc"}
EXTENDS_AND_ADDS = {"sxtab", "sxtah", "sxtab16", "uxtab", "uxtah", "uxtab16", "pkhbt", "pkhtb"}
SATURATES_EARLY = {"ssat", "usat", "qdadd", "qdsub"}
SATURATES = {
    "ssat16", "usat16", "qadd", "qsub", "qadd8", "qadd16", "qsub8", "qsub16", "qasx", "qsax",
    "uqadd8", "uqadd16", "uqsub8", "uqsub16", "uqasx", "uqsax", "usad8", "usada8",
}  # fmt: skip
PARALLEL = {sign + kind for sign in ("s", "u", "sh", "uh") for kind in ("add8", "add16", "sub8", "sub16", "asx", "sax")}
EXTENDS = {"clz", "sxtb", "sxth", "uxtb", "uxth", "sxtb16", "uxtb16"}

# Beginnings of names.
PRODUCTS = ("mul", "mla", "mls", "smul", "smla", "smls", "smml", "smmul", "smua", "smus", "umul", "umla", "umaal")
LONG_PRODUCTS = ("smull", "umull", "smlal", "umlal", "umaal", "smlsld")
ADDS_TO_DESTINATION = ("smlal", "umlal", "umaal", "smlsld")
TRANSFERS = ("push", "pop", "ldm", "stm", "ldrd", "strd", "vpush", "vpop", "vldm", "vstm")
ACCESSES = ("ldr", "str", "pld", "vldr", "vstr")
PARTS = ("ldrb", "ldrh", "ldrs", "ldrexb", "ldrexh")
SYSTEM = ("mrs", "msr", "dmb", "dsb", "isb", "svc", "bkpt", "cps", "wfi", "wfe", "sev", "udf", "clrex")
