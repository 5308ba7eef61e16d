"""A bundle compiled for this machine, run over many inputs in a program of its own."""

import subprocess
from pathlib import Path

import numpy as np

from helpers import artifacts, bundle_header, toolchain
from helpers.errors import BadInput, ToolFailed

ELEMENTS = {"i8": np.int8, "i16": np.int16, "i32": np.int32, "float": np.float32}


class HostBundle:
    """A bundle folder made without -target, linked to a small program that reads inputs and writes outputs as raw bytes."""

    def __init__(self, folder):
        folder = Path(folder)
        headers = sorted(folder.glob("*.h"))
        if len(headers) != 1:
            raise BadInput(f"holds {len(headers)} header files where a bundle has one", where=artifacts.shown(folder))
        self.header = bundle_header.read(headers[0])
        self.program = folder / "run_bundle"
        source = folder / "run_bundle.main.c"
        artifacts.write_text(source, _main(headers[0], self.header))
        toolchain.link_host_program([source, headers[0].with_suffix(".o")], self.program)

    def run(self, inputs: np.ndarray) -> np.ndarray:
        """Outputs [n, ...] for inputs [n, ...] of the input placeholder's element type and shape (its batch must be 1)."""
        wanted, out = self.header.input, self.header.output
        inputs = np.ascontiguousarray(inputs, ELEMENTS[wanted.element]).reshape(len(inputs), *wanted.shape[1:])
        done = subprocess.run([str(self.program)], input=inputs.tobytes(), capture_output=True, timeout=600)
        if done.returncode:
            raise ToolFailed(
                f"the compiled bundle ended with status {done.returncode}", where=artifacts.shown(self.program)
            )
        return np.frombuffer(done.stdout, ELEMENTS[out.element]).reshape(len(inputs), *out.shape[1:])


def _main(header_path: Path, header: bundle_header.BundleHeader) -> str:
    return _MAIN % {
        "header": header_path.name, "weights": header_path.with_suffix(".weights.txt").name, "prefix": header.macro_prefix,
        "entry": header.name, "input": header.input.macro, "input_bytes": header.input.bytes,
        "output": header.output.macro, "output_bytes": header.output.bytes,
    }  # fmt: skip


_MAIN = """\
#include <stdio.h>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif
#include "%(header)s"

GLOW_MEM_ALIGN(%(prefix)s_MEM_ALIGN) static uint8_t constantWeight[%(prefix)s_CONSTANT_MEM_SIZE + 1] = {
#include "%(weights)s"
};
GLOW_MEM_ALIGN(%(prefix)s_MEM_ALIGN) static uint8_t mutableWeight[%(prefix)s_MUTABLE_MEM_SIZE];
GLOW_MEM_ALIGN(%(prefix)s_MEM_ALIGN) static uint8_t activations[%(prefix)s_ACTIVATIONS_MEM_SIZE + 1];

int main(void) {
#ifdef _WIN32
  _setmode(0, _O_BINARY);
  _setmode(1, _O_BINARY);
#endif
  while (fread(GLOW_GET_ADDR(mutableWeight, %(input)s), %(input_bytes)d, 1, stdin) == 1) {
    int status = %(entry)s(constantWeight, mutableWeight, activations);
    if (status != GLOW_SUCCESS) return 2;
    fwrite(GLOW_GET_ADDR(mutableWeight, %(output)s), %(output_bytes)d, 1, stdout);
  }
  return 0;
}
"""
