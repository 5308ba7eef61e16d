"""-model-input: an input's type and shape in place of what the file says or leaves open."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto

from helpers.common.errors import BadParameter
from helpers.compiler.commands import commands
from helpers.compiler.frontends import input_types
from helpers.compiler.frontends.tflite import importer
from helpers.compiler.ir.graph import TensorType
from helpers.compiler.profiling import profile
from helpers.inference import bundle_header
from helpers.inference.host_bundle import HostBundle

TFLITE = Path(__file__).parents[1] / "tflite" / "float.tflite"


@pytest.fixture
def open_model(save_onnx, node, tmp_path, monkeypatch) -> str:
    """A dense layer whose batch has a name and whose other dimension has neither a name nor a value."""
    monkeypatch.chdir(tmp_path)
    weights = {"w": np.ones((3, 4), np.float32)}
    return f"-model={save_onnx([node('MatMul', ['x', 'w'], ['y'], name='dense')], {'x': ['N', None]}, ['y'], weights)}"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("x,float,[1]", TensorType((1,))),
        ("x,float,[1,28,28,1]", TensorType((1, 28, 28, 1))),
        ("x,int8q,0.123,-13,[1,10]", TensorType((1, 10), "int8", 0.123, -13)),
        ("x,int16q,1e-3,300,[2]", TensorType((2,), "int16", 0.001, 300)),
    ],
)
def test_type_and_shape(word, expected):
    assert input_types.types([word, "name_only"]) == {"x": expected}


@pytest.mark.parametrize(
    "word",
    [
        "x,", "x,float", "x,float,", "x,float,[]", "x,float,1,3", "x,float,[1,]", "x,float,[1 3]", "x,float,[-1,3]",
        "x,float,[1],2", "x,float,0.5,0,[1]", "x,float,[99999999999999999999]", "x,float,[\u0661]", "x,double,[1]", "x,int32,[1]",
        "x,int8q,[1]", "x,int8q,0.5,[1]", "x,int8q,a,0,[1]", "x,int8q,0.5,0.5,[1]", "x,int8q,0,0,[1]", "x,int8q,-1,0,[1]",
        "x,int8q,nan,0,[1]", "x,int8q,inf,0,[1]", "x,int8q,0.5,128,[1]", "x,int16q,1,-32769,[1]",
    ],
)  # fmt: skip
def test_wrong_forms(word):
    with pytest.raises(BadParameter, match="-model-input cannot be"):
        input_types.types([word])


@pytest.mark.parametrize("element", ["float16", "bfloat16", "int32q", "int32", "int64", "bool"])
def test_real_glows_other_types_are_named(element):
    with pytest.raises(BadParameter, match=f"real Glow knows the type {element}, no operator here takes it. Use "):
        input_types.types([f"x,{element},[1]"])


@pytest.mark.parametrize("option", ["-model-input", "-model-input-name"])
def test_dimensions_that_the_file_leaves_open(option, open_model):
    assert (
        commands.model_compiler([open_model, f"{option}=x,float,[2,3]", "-emit-bundle=out", "-network-name=net"]) == 0
    )
    header = bundle_header.read(Path("out/net.h"))
    assert (header.input.shape, header.output.shape) == ((2, 3), (2, 4))


def test_the_profiler_takes_it_too(open_model):
    Path("x.bin").write_bytes(np.float32([1, 2, 3]).tobytes())
    words = [open_model, "-model-input=x,float,[1,3]", "-input-dataset=x,rawbin,file,x.txt", "-dump-profile=p.yaml"]
    Path("x.txt").write_text("x.bin\n")
    assert commands.model_profiler(words) == 0
    assert profile.read("p.yaml").entries["dense:0"].high == 6


def test_another_batch_than_the_files(save_onnx, node, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = save_onnx([node("Relu", ["in/x:0"], ["y"])], {"in/x:0": [1, 4]}, ["y"])
    assert (
        commands.model_compiler(
            [f"-model={path}", "-model-input=in/x:0,float,[5,4]", "-emit-bundle=out", "-network-name=net"]
        )
        == 0
    )
    assert bundle_header.read(Path("out/net.h")).output.shape == (5, 4)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "-onnx-define-symbol=N,1 or -model-input=x,float,[...]"),
        (["-model-input=x"], "dimension N of input 'x' has no value"),
        (["-onnx-define-symbol=N,1"], "Give it one: -model-input=x,float,[...]"),
        (["-model-input=x,float,[1,3,1]"], "'x' the shape [1, 3, 1], the file has [?, ?]"),
        (["-model-input=x,float,[1,5]"], "(MatMul of [1, 5], [3, 4])"),
        (["-model-input=x,float,[1,0]"], "input 'x': a tensor of shape [1, 0]"),
        (["-model-input=x,float,[4000,4000]"], "input 'x': a tensor of shape [4000, 4000]"),
        (["-model-input=x,int8q,0.5,0,[1,3]"], "of int8 numbers"),
        (["-model-input=x,float,[1,3]", "-model-input-name=x"], "names input 'x' twice"),
        (["-model-input=x,float,[1,3]", "-model-input=z,float,[1]"], "has no input 'z'"),
        (["-model-input=x,float"], "Write it as NAME, as NAME,float,[1,28,28,1]"),
    ],
)
def test_refusals_are_one_line(words, line, open_model, capsys):
    assert commands.model_compiler([open_model, *words, "-emit-bundle=out"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1 and line in errors[0]
    assert not Path("out").exists()


def test_a_dimension_with_a_value_stays(save_onnx, node, capsys):
    path = save_onnx([node("Relu", ["x"], ["y"])], {"x": [1, 4]}, ["y"])
    assert commands.model_compiler([f"-model={path}", "-model-input=x,float,[1,5]"]) == 2
    assert "'x' the shape [1, 5], the file has [1, 4]" in capsys.readouterr().err


def test_tflite_fixes_its_inputs(capsys):
    placeholder = importer.read(TFLITE).placeholders[0]
    name, shape = placeholder.name, list(placeholder.output.type.shape)
    same = f"-model-input={name},float,{shape}".replace(" ", "")
    assert commands.model_compiler([f"-model={TFLITE}", same]) == 0
    assert commands.model_compiler([f"-model={TFLITE}", f"-model-input={name},float,[7]"]) == 2
    assert "a TFLite file fixes them" in capsys.readouterr().err


@pytest.mark.parametrize("element", [TensorProto.INT32, TensorProto.INT64, TensorProto.BOOL])
def test_numbers_that_the_network_casts_to_float(element, node, tmp_path, monkeypatch, capsys):
    """Given as float, such an input takes the same numbers."""
    monkeypatch.chdir(tmp_path)
    nodes = [node("Cast", ["x"], ["a"], to=TensorProto.FLOAT), node("MatMul", ["a", "w"], ["y"])]
    weights = np.random.default_rng(1).standard_normal((3, 4)).astype(np.float32)
    ends = [
        onnx.helper.make_tensor_value_info(*each) for each in (("x", element, [1, 3]), ("y", TensorProto.FLOAT, [1, 4]))
    ]
    graph = onnx.helper.make_graph(nodes, "net", ends[:1], ends[1:], [onnx.numpy_helper.from_array(weights, "w")])
    opsets = [onnx.helper.make_opsetid("", 15)]
    Path("net.onnx").write_bytes(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString())
    assert commands.model_compiler(["-model=net.onnx", "-emit-bundle=out", "-network-name=net"]) == 2
    assert "casts it to float, give it as float: -model-input=x,float,[...]." in capsys.readouterr().err
    words = ["-model=net.onnx", "-model-input=x,float,[1,3]", "-emit-bundle=out", "-network-name=net"]
    assert commands.model_compiler(words) == 0
    given = np.array([[1, 0, 1]], onnx.helper.tensor_dtype_to_np_dtype(element))
    expected = onnxruntime.InferenceSession("net.onnx", providers=["CPUExecutionProvider"]).run(None, {"x": given})[0]
    assert np.allclose(HostBundle("out").run(given.astype(np.float32)), expected, rtol=1e-6)


def test_other_casts_are_refused(save_onnx, node, capsys):
    path = save_onnx([node("Cast", ["x"], ["y"], to=TensorProto.INT32)], {"x": [1, 4]}, ["y"])
    assert commands.model_compiler([f"-model={path}"]) == 2
    assert "a cast from float to INT32. Leave it out" in capsys.readouterr().err
