"""A network's name becomes that of a C function and of files: what cannot be one is refused before anything is compiled."""

import pytest

from helpers.compiler.bundle import reserved_names
from helpers.compiler.commands import commands


@pytest.fixture
def compiled(save_onnx, node, tmp_path, monkeypatch):
    """Function: compile a small network with options; returns the exit status."""
    model = save_onnx([node("Relu", ["x"], ["y"])], {"x": [1, 4]}, ["y"])
    monkeypatch.chdir(tmp_path)
    return lambda *words: commands.model_compiler([f"-model={model}", "-emit-bundle=out", *words])


@pytest.mark.parametrize("option", ["-network-name", "-main-entry-name"])
@pytest.mark.parametrize(
    "name",
    ["int", "switch", "main", "memcpy", "printf", "uint8_t", "constantWeight", "my-net", "1st", "größe", "_Reserved", "__x",
     "a b", "GLOW", "typeof", "sqrt", "n" * 64, "expf", "coshl", "NULL", "EOF", "INT8_MAX", "UINT64_C", "FLT_EPSILON", "SIZE_MAX",
     "uint_fast8_t", "wcscmp", "towupper", "feraiseexcept", "Reset_Handler", "SysTick_Handler", "UART0_IRQHandler"],
)  # fmt: skip
def test_a_name_that_c_has_is_refused_in_one_line(compiled, tmp_path, capsys, option, name):
    assert compiled(f"{option}={name}") == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"error: {option} cannot be {name!r}, which ")
    assert printed.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "name",
    [
        "mnist_nxp",
        "net",
        "model",
        "cnn",
        "kws",
        "_net",
        "n" * 63,
        "Int",
        "A1",
        "float_max",
        "NET_MAXIMUM",
        "towel",
        "handler",
    ],
)
def test_an_ordinary_name_is_taken(name):
    assert reserved_names.why_not(name) is None


def test_the_remedy_works(compiled, capsys):
    assert compiled("-network-name=switch") == 2
    assert "such as my_switch." in capsys.readouterr().err
    assert compiled("-network-name=my_switch") == 0


def test_a_models_own_name_is_checked_too(save_onnx, node, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    model = save_onnx([node("Relu", ["x"], ["y"])], {"x": [1, 4]}, ["y"], file="double.onnx")
    assert commands.model_compiler([f"-model={model}", "-emit-bundle=out"]) == 2
    assert "-network-name cannot be 'double'" in capsys.readouterr().err
