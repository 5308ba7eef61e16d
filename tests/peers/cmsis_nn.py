"""CMSIS-NN: calls of its functions for an int8 file, as its users write them. Its folder is the reader's, and only read."""

import math
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from helpers.common.errors import MissingInput
from tests.peers import bench
from tests.peers.tools import Task, run

# Functions of other kinds only need more compiling: nothing that is not called is linked.
PARTS = ("ConvolutionFunctions", "FullyConnectedFunctions", "NNSupportFunctions", "PoolingFunctions")
OTHER_KINDS = ("f16", "f32", "lstm", "svdf")
CLIP = ".activation = {-128, 127}"
HEAD = '#include "arm_nnfunctions.h"\n'


def version(folder: Path) -> str:
    """The commit of a checkout; raises ToolFailed if git does not know it."""
    return run(["git", "-C", folder.resolve(), "rev-parse", "--short=8", "HEAD"], folder).strip()


def measure(folder: Path, task: Task) -> bench.Cost:
    """The network on its functions, its outputs as real numbers; raises MissingInput if the folder is no checkout of it."""
    include = folder.resolve() / "Include"
    if not (include / "arm_nnfunctions.h").is_file():
        raise MissingInput("has no Include/arm_nnfunctions.h", where=folder, remedy="name a checkout of CMSIS-NN")
    network = _Network(onnx.load(task.folder / "int8.onnx"))
    work = task.folder / "cmsis_nn"
    work.mkdir()
    (work / "net.c").write_text(network.code())
    sources = [path for part in PARTS for path in sorted((include.parent / "Source" / part).glob("*.c"))]
    sources = [path for path in sources if not any(kind in path.stem for kind in OTHER_KINDS)]
    scale, zero = network.input
    given = np.clip(np.rint(task.inputs / scale) + zero, -128, 127).astype(np.int8)
    found = bench.measure(work, [work / "net.c", *sources], CALL, given, task.result.astype(np.int8), [include])
    scale, zero = network.output
    return found._replace(outputs=(found.outputs.astype(np.float32) - zero) * scale)


CALL = """
void net(const signed char *, signed char *);
void bench_run(void) { net((const void *)bench_input, (void *)bench_output); }
"""


class _Network:
    """A chain of layers in an ONNX file with QuantizeLinear and DequantizeLinear nodes, written as calls."""

    def __init__(self, model: onnx.ModelProto):
        self.constants = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
        nodes = model.graph.node
        self.producer = {name: node for node in nodes for name in node.output}
        self.quantised = {node.input[0]: self._type(node) for node in nodes if node.op_type == "QuantizeLinear"}
        shape = [each.dim_value for each in model.graph.input[0].type.tensor_type.shape.dim]
        self.shape = (*shape[2:], shape[1]) if len(shape) == 4 else (1, 1, shape[1])  # rows, columns, channels
        self.data, self.calls, self.buffers, self.scratch = [], [], [], 0
        self.value, self.type = "input", self.quantised[model.graph.input[0].name]
        self.input = self.type
        for node in nodes:
            if node.op_type not in ("QuantizeLinear", "DequantizeLinear", "Flatten", "Transpose"):
                self._add(node)
        self.output = self.type

    def _type(self, node: onnx.NodeProto) -> tuple[float, int]:
        return float(self.constants[node.input[1]]), int(self.constants[node.input[2]])

    def _stored(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """A constant's integers and their scales, by the name of its real numbers."""
        node = self.producer[name]
        return self.constants[node.input[0]], self.constants[node.input[1]]

    def _array(self, kind: str, values: np.ndarray) -> str:
        name = f"c{len(self.data)}"
        numbers = ", ".join(str(int(each)) for each in np.ravel(values))
        self.data.append(f"static const {kind} {name}[] = {{{numbers}}};")
        return name

    def _add(self, node: onnx.NodeProto) -> None:
        attributes = {each.name: helper.get_attribute_value(each) for each in node.attribute}
        before, result = self.type, self.quantised[node.output[0]]
        source, (rows, columns, channels) = self.value, self.shape
        self.type, self.value = result, f"b{len(self.buffers)}"
        emit = {"Conv": self._conv, "Gemm": self._dense, "MaxPool": self._pool}
        call = emit[node.op_type](node, attributes, before, (rows, columns, channels))
        self.buffers.append(math.prod(self.shape))
        self.calls.append(f"    {{ {call.replace('SOURCE', source).replace('RESULT', self.value)} }}")

    def _window(self, attributes: dict, shape: tuple[int, int, int]) -> tuple[tuple[int, int], str]:
        """Rows and columns of the result, and the steps and borders in C."""
        (tall, wide), stride = attributes["kernel_shape"], attributes.get("strides", [1, 1])
        top, left, bottom, right = attributes.get("pads", [0] * 4)
        rows = (shape[0] + top + bottom - tall) // stride[0] + 1
        columns = (shape[1] + left + right - wide) // stride[1] + 1
        return (rows, columns), f".stride = {{{stride[1]}, {stride[0]}}}, .padding = {{{left}, {top}}}, "

    def _requantised(self, scales: np.ndarray, before: tuple[float, int], count: int) -> str:
        """The multipliers and shifts of a layer's channels, as the declaration of `q`."""
        factors = np.broadcast_to(scales, count).astype(np.float64) * before[0] / self.type[0]
        pairs = [math.frexp(factor) for factor in factors]
        numbers = [(round(part * 2**31), shift) for part, shift in pairs]
        numbers = [(1 << 30, shift + 1) if number == 1 << 31 else (number, shift) for number, shift in numbers]
        multiplier, shift = (self._array("int32_t", np.array(each)) for each in zip(*numbers, strict=True))
        return f"const cmsis_nn_per_channel_quant_params q = {{(int32_t *){multiplier}, (int32_t *){shift}}}; "

    def _conv(self, node, attributes: dict, before: tuple[float, int], shape: tuple[int, int, int]) -> str:
        (weights, scales), (bias, _) = self._stored(node.input[1]), self._stored(node.input[2])
        (rows, columns), steps = self._window(attributes, shape)
        outputs, own, tall, wide = weights.shape
        self.shape = (rows, columns, outputs)
        deep = attributes.get("group", 1) > 1
        kind, function = ("dw_conv", "depthwise_conv") if deep else ("conv", "convolve")
        name = self._array("int8_t", weights.transpose(1, 2, 3, 0) if deep else weights.transpose(0, 2, 3, 1))
        self.scratch = max(self.scratch, 4 * (-(-tall * wide * shape[2] // 4) * 4))
        factor = ".ch_mult = 1, " if deep else ""
        dims = f"in = {_dims(1, shape)}, f = {_dims(1 if deep else outputs, (tall, wide, outputs if deep else own))}, "
        dims += f"b = {{{outputs}, 1, 1, 1}}, out = {_dims(1, self.shape)}"
        return (
            f"const cmsis_nn_{kind}_params p = {{{self._offsets(before)}{factor}{steps}.dilation = {{1, 1}}, {CLIP}}}; "
            f"{self._requantised(scales, before, outputs)}const cmsis_nn_dims {dims}; "
            f"arm_{function}_wrapper_s8(&ctx, &p, &q, &in, SOURCE, &f, {name}, &b, {self._array('int32_t', bias)}, &out, RESULT);"
        )

    def _offsets(self, before: tuple[float, int]) -> str:
        return f".input_offset = {-before[1]}, .output_offset = {self.type[1]}, "

    def _dense(self, node, attributes: dict, before: tuple[float, int], shape: tuple[int, int, int]) -> str:
        (weights, scales), (bias, _) = self._stored(node.input[1]), self._stored(node.input[2])
        weights = weights if attributes.get("transB") else weights.T
        outputs, taps = weights.shape
        self.shape = (1, 1, outputs)
        dims = f"in = {{1, 1, 1, {taps}}}, f = {{{taps}, 1, 1, {outputs}}}, b = {{{outputs}, 1, 1, 1}}, "
        dims += f"out = {{1, 1, 1, {outputs}}}"
        return (
            f"const cmsis_nn_fc_params p = {{{self._offsets(before)}{CLIP}}}; "
            f"{self._requantised(scales, before, outputs)}const cmsis_nn_dims {dims}; "
            f"arm_fully_connected_per_channel_s8(&ctx, &p, &q, &in, SOURCE, &f, {self._array('int8_t', weights)}, &b, "
            f"{self._array('int32_t', bias)}, &out, RESULT);"
        )

    def _pool(self, node, attributes: dict, before: tuple[float, int], shape: tuple[int, int, int]) -> str:
        (rows, columns), steps = self._window(attributes, shape)
        self.shape, self.type = (rows, columns, shape[2]), before  # the function keeps scale and offset
        window = attributes["kernel_shape"]
        dims = f"in = {_dims(1, shape)}, f = {{1, {window[0]}, {window[1]}, 1}}, out = {_dims(1, self.shape)}"
        return (
            f"const cmsis_nn_pool_params p = {{{steps}{CLIP}}}; const cmsis_nn_dims {dims}; "
            "arm_max_pool_s8(&ctx, &p, &in, SOURCE, &f, &out, RESULT);"
        )

    def code(self) -> str:
        """The C: two buffers in turn, as a careful user has them, and the scratch memory of the largest layer."""
        sizes = [max(self.buffers[turn:-1:2], default=1) for turn in (0, 1)]
        names = [f"{name}_buffer" for name in ("even", "odd")]
        lines = [HEAD, *self.data]
        lines += [f"static int8_t {name}[{size}];" for name, size in zip(names, sizes, strict=True)]
        lines += [
            f"static int32_t scratch[{self.scratch // 4 + 1}];",
            "void net(const int8_t *input, int8_t *output)",
            "{",
        ]
        lines += ["    const cmsis_nn_context ctx = {scratch, sizeof scratch};"]
        for number in range(len(self.buffers)):
            place = "output" if number == len(self.buffers) - 1 else names[number % 2]
            lines.append(f"    int8_t *const b{number} = {place};")
        return "\n".join([*lines, *self.calls, "}", ""])


def _dims(count: int, shape: tuple[int, int, int]) -> str:
    return f"{{{count}, {shape[0]}, {shape[1]}, {shape[2]}}}"
