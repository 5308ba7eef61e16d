"""What the real Glow tools that GLOW_HOME names make of a network, held against what this project makes of it."""

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx

from helpers.compiler import driver, glow, interpreter
from helpers.compiler.backends import memory_plan
from helpers.compiler.backends.plain_c import program as plain_c
from helpers.compiler.commands import commands, options
from helpers.compiler.ir.graph import Graph
from helpers.compiler.numerics import affine
from helpers.compiler.profiling import profile
from helpers.inference import bundle_header
from helpers.inference.host_bundle import HostBundle

BINS = 600
RELATIVE = 1e-6  # products and exponentials may be summed and rounded in another order there


class Comparison:
    """A network, and a folder for what the real tools write of it.

    inputs: float32 [n, ...] for its one input. Where the two agree, the methods return nothing but empty lists.
    """

    def __init__(self, model: Path, inputs: np.ndarray, folder: Path):
        self.model, self.inputs, self.folder = model, inputs, folder
        folder.mkdir(parents=True, exist_ok=True)
        self.words = _words(model)
        self.request = self._request()
        self.profile: profile.Profile | None = None

    def _request(self, *words: str) -> driver.Request:
        return commands._request(options.parse("model-compiler", [*self.words, *words]))

    def real_profile(self, bins: int = BINS) -> profile.Profile:
        """What the real model-profiler writes over the inputs."""
        samples, written = self.folder / "samples", self.folder / "profile.yaml"
        samples.mkdir(exist_ok=True)
        batch = int(self.words[1].split("[")[1].split(",")[0])
        for number, each in enumerate(self.inputs.reshape(-1, batch, *self.inputs.shape[1:])):
            (samples / f"{number:04d}.bin").write_bytes(np.ascontiguousarray(each, "<f4").tobytes())
        name = self.words[1].removeprefix("-model-input=").split(",")[0]
        dataset = f"-input-dataset={name},rawbin,dir,{samples}"
        self._run("model-profiler", *self.words, dataset, f"-num-histogram-bins={bins}", f"-dump-profile={written}")
        self.profile = profile.read(written)
        return self.profile

    def profiles(self) -> list[str]:
        """How the two profiles differ."""
        real = self.profile or self.real_profile()
        graph = driver.float_graph(self.model, self.request.symbols, self.request.inputs)
        made = profile.measure(graph, self.inputs, bins=BINS)
        found = [f"here {made.graph_hash:#x}, there {real.graph_hash:#x}"] if made.graph_hash != real.graph_hash else []
        found += [f"only here: {name}" for name in made.entries if name not in real.entries]
        found += [f"only there: {name}" for name in real.entries if name not in made.entries]
        for name, entry in real.entries.items():
            if name in made.entries:
                ends = [[each.low, each.high] for each in (made.entries[name], entry)]
                if not np.allclose(*ends, rtol=RELATIVE, atol=RELATIVE * (entry.high - entry.low)):
                    found.append(f"{name}: here {ends[0]}, there {ends[1]}")
        return found

    def compiled(self, *words: str) -> Graph:
        """The graph that the built-in compiler makes with the real profile and these options."""
        loaded = self.profile or self.real_profile()
        request = self._request(*[each for each in words if each != "-convert-placeholders"])
        request = replace(request, profile=loaded, convert_placeholders="-convert-placeholders" in words)
        return driver.compiled_graph(self.model, request)

    def bundles(self, *words: str) -> list[str]:
        """How the two bundles differ that are made with the real profile and these options."""
        graph = self.compiled(*words)
        header, region = self.real_bundle(*words)
        edges = [graph.placeholders[0].output.type, graph.outputs[0][1].type]
        found = []
        for place, ours, real in zip(("input", "output"), edges, (header.input, header.output), strict=True):
            # the real header prints nine decimals
            if (
                ours.quantised != (real.element != "float")
                or abs(ours.scale - real.scale) > 6e-10
                or ours.offset != real.offset
            ):
                found.append(f"{place}: here {ours}, there {real.element} {real.scale} {real.offset}")
        layout = memory_plan.plan(graph)
        sizes = {
            "constants": (layout.constant_bytes, header.constant), "placeholders": (layout.mutable_bytes, header.mutable),
            "activations": (layout.activations_bytes, header.activations),
        }  # fmt: skip
        found += [f"{what}: here {ours} bytes, there {real}" for what, (ours, real) in sizes.items() if ours > real]
        ours, real = constants_here(graph, layout), constants_there(self.folder / "bundle" / "net.h", region)
        # what Glow repeats stays small here
        pairs = zip(ours, real, strict=False)
        same = len(ours) == len(real) and all(each * (len(other) // len(each)) == other for each, other in pairs)
        return found + ([] if same else ["constants differ"]) + self._outputs(graph, edges[0])

    def _outputs(self, graph, source) -> list[str]:
        given = affine.quantise(self.inputs, source) if source.quantised else self.inputs
        real = HostBundle(self.folder / "bundle").run(given)
        ours = interpreter.run_many(graph, given).reshape(real.shape)
        if real.dtype == np.float32:
            far = float(np.abs(ours - real).max() / (np.ptp(real) or 1))
            return [f"outputs: up to {far:.2g} of their span apart"] if far > 1e-5 else []
        wrong, far = (ours != real).sum(), np.abs(ours.astype(int) - real).max()
        return [f"outputs: {wrong} of {real.size} differ, by {far} at most"] if wrong else []

    def real_bundle(self, *words: str) -> tuple[bundle_header.BundleHeader, bytes]:
        """Header and constant region of the bundle that the real model-compiler makes for this machine, with these options."""
        made, loaded = self.folder / "bundle", f"-load-profile={self.folder / 'profile.yaml'}"
        where = (f"-emit-bundle={made}", "-network-name=net", "-bundle-api-verbose")
        self._run("model-compiler", *self.words, "-backend=CPU", loaded, *where, *words)
        return bundle_header.read(made / "net.h"), (made / "net.weights.bin").read_bytes()

    def _run(self, tool: str, *words: str) -> None:
        """Run a real tool; raises RuntimeError with its last words."""
        place = glow._real(Path(os.environ["GLOW_HOME"]), tool)
        done = subprocess.run(
            [place, *words], cwd=self.folder, capture_output=True, text=True, errors="replace", timeout=600
        )
        if done.returncode:
            raise RuntimeError(glow._reason(done.stderr or done.stdout))


def constants_here(graph: Graph, layout: memory_plan.Layout) -> list[bytes]:
    """Each constant, in order of address."""
    region = plain_c.constant_region(graph, layout)
    places = sorted((layout.constant[each.output], each) for each in graph.constants)
    return [region[at : at + each.output.type.bytes] for at, each in places]


def constants_there(header: Path, region: bytes) -> list[bytes]:
    """The same of a real bundle whose header lists them; what SoftMax has for training and never reads is left out."""
    listed = header.read_text().split("// Constants:")[1]
    found = re.findall(r'Name: "(\w+)"\n(?://.*\n)*?//   Size: (\d+) \(bytes\)\n//   Offset: (\d+)', listed)
    return [region[int(at) : int(at) + int(size)] for name, size, at in found if not name.startswith("selected")]


def _words(model: Path) -> list[str]:
    """How the tools are told of a model: its file, and the shapes of its inputs with a batch of 1."""
    graph = onnx.load(model).graph
    constants, words = {each.name for each in graph.initializer}, [f"-model={model}"]
    for info in graph.input:
        if info.name not in constants:
            dimensions = info.type.tensor_type.shape.dim
            shape = [each.dim_value or 1 for each in dimensions]
            words.append(f"-model-input={info.name},float,[{','.join(map(str, shape))}]")
            words += [f"-onnx-define-symbol={each.dim_param},1" for each in dimensions if each.dim_param]
    return words
