"""Run a bundle compiled for this machine over many inputs, in a process of its own."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from helpers.common import artifacts
from helpers.common.errors import ToolFailed
from helpers.common.named_arrays import Arrays
from helpers.hardware import toolchain
from helpers.inference import bundle_arrays, bundle_header

LONGEST = 600  # seconds for all inputs together; a bundle of a microcontroller's size takes milliseconds an input


class HostBundle:
    """A bundle folder made without -target, linked to a small program that reads inputs and writes outputs as raw bytes."""

    def __init__(self, folder):
        self.header, self.where = bundle_header.in_folder(folder), artifacts.shown(folder)
        # Removed with this object: a bundle's folder is not ours to write to.
        self._scratch = tempfile.TemporaryDirectory()
        self.program, source = Path(self._scratch.name, "run_bundle"), Path(self._scratch.name, "main.c")
        for ending in (".h", ".o", ".weights.txt"):
            shutil.copyfile(self.header.beside(ending), source.with_name(self.header.beside(ending).name))
        artifacts.write_text(source, _main(self.header.file, self.header))
        toolchain.link_host_program([source, source.with_name(self.header.beside(".o").name)], self.program)

    def run(self, inputs: Arrays, apart: bool = False) -> Arrays:
        """Outputs [n * batch, ...] for n inferences: [n * batch, ...] of each input's element type and shape.

        By placeholder name; the array alone if there is one input, or one output. They are one sequence, from a state of
        zeros; apart: each is a sequence of its own. Raises BadParameter, or ToolFailed if the bundle fails or does not end.
        """
        fed = bundle_arrays.fed(self.header, inputs)
        data = b"".join(array.tobytes() for inference in zip(*fed.values(), strict=True) for array in inference)
        try:
            words = [str(self.program), *(["apart"] if apart else [])]
            done = subprocess.run(words, input=data, capture_output=True, timeout=LONGEST)
        except subprocess.TimeoutExpired:
            what = f"the compiled bundle did not end in {LONGEST:,} s"
            raise ToolFailed(what, where=self.where, remedy="run it on fewer inputs, or on a faster machine") from None
        if done.returncode:
            raise ToolFailed(f"the compiled bundle ended with status {done.returncode}", where=self.where)
        sizes = [each.bytes for each in self.header.outputs.values()]
        records = np.frombuffer(done.stdout, np.uint8).reshape(-1, sum(sizes))
        return bundle_arrays.taken(self.header, np.split(records, np.cumsum(sizes)[:-1], axis=1))


def _main(header_path: Path, header: bundle_header.BundleHeader) -> str:
    place = "GLOW_GET_ADDR(mutableWeight, {0.macro}), {0.bytes}, 1"
    reads = [f"fread({place.format(each)}, stdin) == 1" for each in header.inputs.values()]
    writes = [f"    fwrite({place.format(each)}, stdout);\n" for each in header.outputs.values()]
    return _MAIN % {
        "header": header_path.name, "weights": header_path.with_suffix(".weights.txt").name, "prefix": header.macro_prefix,
        "entry": header.name, "reads": " &&\n         ".join(reads), "writes": "".join(writes),
        "reset": f"    if (count > 1) {header.name}_reset(mutableWeight);\n" if header.state else "",
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

/* With any word, each inference begins a sequence. */
int main(int count, char **words) {
  (void)count;
  (void)words;
#ifdef _WIN32
  _setmode(0, _O_BINARY);
  _setmode(1, _O_BINARY);
#endif
  while (%(reads)s) {
%(reset)s    int status = %(entry)s(constantWeight, mutableWeight, activations);
    if (status != GLOW_SUCCESS) return 2;
%(writes)s  }
  return 0;
}
"""
