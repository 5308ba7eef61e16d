"""python -m helpers COMMAND: the commands of the workbook."""

import importlib
import sys

from helpers.common import errors, machine

# Command to the function main(argv) -> exit status that does it, and what it is for. Imported only when asked for.
COMMANDS = {
    "lab": ("helpers.workbook.seats.lab:main", "open the notebooks in JupyterLab: copies, which you may change"),
    "run": ("helpers.workbook.cli:run", "run the notebooks of the road in order"),
    "notebooks": ("helpers.workbook.cli:notebooks", "re-execute the committed notebooks, in place"),
    "nbval": ("helpers.workbook.cli:nbval", "run the notebooks and compare with the stored outputs"),
    "book": ("helpers.workbook.publish.cli:book", "the whole course as static pages with a search, in build/book"),
    "slides": ("helpers.workbook.publish.cli:slides", "the notebooks as slides, in build/slides"),
    "page": (
        "helpers.workbook.publish.page.cli:main",
        "a page on which a digit is drawn and read in the browser, in build/page",
    ),
    "seat": ("helpers.workbook.seats.cli:main", "measure what one seat of a workshop takes: memory and disk"),
    "desk": (
        "helpers.workbook.seats.desk.cli:main",
        "a live table of who is where and who is stuck; collect and grade",
    ),
    "reset": ("helpers.workbook.reset:main", "remove everything produced, for a clean start"),
    "patch": ("helpers.firmware.main_c.cli:main", "apply the note's steps to the main.c of a project of your own"),
    "benchmark": (
        "helpers.evaluation.benchmark.cli:main",
        "measure cycles, flash, RAM and seconds; writes build/benchmark.json",
    ),
    "verify": (
        "helpers.own_network.on_board.cli:main",
        "compare all forms of a network: Keras or TFLite, ONNX, integers, compiled, emulated, on a real board",
    ),
    "fit": (
        "helpers.own_network.fit_cli:main",
        "tell whether a network, trained or not, fits a board: flash, RAM, cycles",
    ),
    "worst-case": (
        "helpers.own_network.worst_case_cli:main",
        "bound the cycles of any input, and the longest time without a chance to interrupt",
    ),
    "project": ("helpers.own_network.cli:main", "make a board's program of a network of your own, and run it emulated"),
    "need": ("helpers.own_network.need.cli:main", "do you need a network? trees, k-means and networks side by side"),
    "digits": (
        "helpers.own_network.better_digits.cli:main",
        "train or measure the better network for digits of notebook 27",
    ),
    "export": (
        "helpers.firmware.export.cli:main",
        "a bundle as a parcel of C and assembly for CMake, Zephyr or Arduino",
    ),
    "flash": (
        "helpers.evaluation.real_board:main",
        "write a program to a real board and show its answer beside the emulator's",
    ),
    "calibrate": (
        "helpers.evaluation.calibration.cli:main",
        "fit a real board's flash waits, fetch width and clock, from programs that it times itself",
    ),
    "run-elf": ("helpers.hardware.run_elf:main", "run any firmware's ELF file on an emulated board"),
    "lint": ("helpers.workbook.checks.lint:main", "check what every notebook must have"),
}


@errors.command
def main(argv=None) -> int:
    """Hand the rest of the command line to the command named first."""
    argv = sys.argv[1:] if argv is None else argv
    if not argv or argv[0] in ("-h", "--help"):
        print("usage: python -m helpers COMMAND [options]; COMMAND --help shows the options\n")
        print("\n".join(f"    {name:<12}{purpose}" for name, (_, purpose) in COMMANDS.items()))
        return 0
    if argv[0] not in COMMANDS:
        print(f"error: there is no command {argv[0]!r}. Choose from {', '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    module, function = COMMANDS[argv[0]][0].split(":")
    try:
        return getattr(importlib.import_module(module), function)(argv[1:])
    except ModuleNotFoundError as error:
        raise machine.missing(error, argv[0]) from error


if __name__ == "__main__":
    sys.exit(main())
