"""Layers alike but for numbers share a function; few ones, and those of other sizes, do not."""

import numpy as np
import pytest

from helpers.compiler import driver, interpreter
from helpers.compiler.backends.plain_c.shared_functions import FEWEST, FEWEST_LONG, LONG, shared
from helpers.compiler.numerics import affine
from helpers.compiler.profiling import profile
from helpers.inference.host_bundle import HostBundle

LAYER = """\
static void A_LAYER(const int8_t *in, int8_t *out) {{
  for (int i = 0; i < {size}; i++) {{
    out[i] = clip8((int32_t)((uint32_t)(in[i] - ({offset})) * {factor}u + 512u) >> 10);
  }}
}}
"""


def layers(count: int, **fixed) -> list[str]:
    return [LAYER.format(**{"size": 4, "offset": -index, "factor": 100 + index} | fixed) for index in range(count)]


def test_one_function_with_a_table_of_what_differs():
    made = shared(layers(FEWEST))
    assert {each.first for each in made} == {0} and len({each.text for each in made}) == 1
    assert [each.numbers for each in made] == [(-index, 100 + index) for index in range(FEWEST)]
    assert "out, const int32_t *numbers) {\n  const int32_t n0 = numbers[0], n1 = numbers[1];" in made[0].text
    assert "in[i] - (n0)) * (uint32_t)n1 + 512u) >> 10" in made[0].text


def test_long_loops_keep_their_numbers_where_speed_counts():
    """Numbers from a table take twice the cycles for an element; many steps of a recurrent layer still share."""
    texts = layers(FEWEST, size=LONG)
    assert [each.numbers for each in shared(texts, fast=True)] == [()] * FEWEST and all(
        each.numbers for each in (*shared(texts), *shared(layers(FEWEST), fast=True))
    )
    assert all(each.numbers for each in shared(layers(FEWEST_LONG, size=LONG), fast=True))


def test_equal_layers_need_no_table():
    made = shared(layers(6, offset=1, factor=2))
    assert {(each.first, each.numbers) for each in made} == {(0, ())}


ARRAYS = """\
static const int8_t A_LAYER_shift[] = {{
  {shift}, 2,
}};
static void A_LAYER(const int8_t *in, int8_t *out) {{
  for (int o = 0; o < 2; o++) {{
    out[o] = (in[o] - ({offset})) >> A_LAYER_shift[o];
  }}
}}
"""


@pytest.mark.parametrize("varied", [True, False])
def test_arrays_of_their_own_are_handed_over(varied):
    made = shared([ARRAYS.format(shift=index, offset=index if varied else 0) for index in range(FEWEST)])
    assert {each.first for each in made} == {0} and {each.array_names for each in made} == {("A_LAYER_shift",)}
    assert [each.numbers for each in made] == [(index,) if varied else () for index in range(FEWEST)]
    assert [f"  {index}, 2,\n" in each.arrays for index, each in enumerate(made)] == [True] * FEWEST
    assert ("int8_t *out, " + "const int32_t *numbers, " * varied + "const int8_t *array0) {") in made[0].text
    assert ">> array0[o]" in made[0].text and "A_LAYER_shift" not in made[0].text


def test_few_layers_with_arrays_keep_their_functions():
    texts = [ARRAYS.format(shift=index, offset=0) for index in range(FEWEST - 1)]
    assert [(each.first, each.text, each.arrays) for each in shared(texts)] == [(n, t, "") for n, t in enumerate(texts)]


@pytest.mark.parametrize("texts", [
    layers(FEWEST - 1), layers(2) + layers(2, size=5), [each.replace("* 1", "/ 1") for each in layers(FEWEST)],
    [each.replace("{\n", "{\n  static int x;\n") for each in layers(FEWEST)],
])  # fmt: skip
def test_functions_of_their_own(texts):
    assert [(each.first, each.text, each.numbers) for each in shared(texts)] == [
        (n, text, ()) for n, text in enumerate(texts)
    ]


def test_an_unrolled_layer_computes_the_same(save_onnx, node, tmp_path):
    random = np.random.default_rng(1)
    weights = {
        name: random.standard_normal(shape).astype(np.float32) for name, shape in (("w", (1, 12, 3)), ("r", (1, 12, 4)))
    }
    path = save_onnx([node("GRU", ["x", "w", "r"], ["y"], hidden_size=4)], {"x": [6, 1, 3]}, ["y"], weights)
    inputs = random.standard_normal((5, 6, 1, 3)).astype(np.float32)
    measured = profile.measure(driver.float_graph(path, {}), inputs.reshape(-1, 1, 3))
    graph = driver.compiled_graph(path, driver.Request({}, measured, convert_placeholders=True))
    driver.emit_bundle(graph, tmp_path / "net", "net", driver.Target())
    assert (tmp_path / "net" / "net.c").read_text().count("const int32_t *numbers)") > 3
    given = affine.quantise(inputs, graph.placeholders[0].output.type)
    expected = [interpreter.run(graph, {"x": each})["y"] for each in given]
    assert np.array_equal(
        HostBundle(tmp_path / "net").run(given.reshape(-1, 1, 3)).reshape(np.shape(expected)), expected
    )
