"""Which layers become small: the cheapest for each byte, and no more of them than the flash asks for."""

from types import SimpleNamespace

from helpers.compiler.budget import mixture
from helpers.compiler.budget.mixture import Layer


def layer(name: str, saved: int, lost: int, shared=()) -> Layer:
    kernel = SimpleNamespace(nodes=[SimpleNamespace(name=name)])
    return Layer(kernel, (kernel,), saved + 100, 100, 1000, 1000 + lost, frozenset(shared))


def chosen(every: list[Layer], to_save: int, allowed=lambda small: True) -> set[str]:
    return {name for each in mixture.smallest(every, to_save, allowed) for name in each.names}


LAYERS = [layer("dear", 1000, 9000), layer("cheap", 1000, 100), layer("middling", 1000, 1000)]


def test_those_that_lose_the_fewest_cycles_for_each_byte_come_first():
    assert chosen(LAYERS, 0) == set()
    assert chosen(LAYERS, 1) == {"cheap"}
    assert chosen(LAYERS, 1001) == {"cheap", "middling"}
    assert chosen(LAYERS, 99_999) == {"dear", "cheap", "middling"}


def test_one_that_turns_out_not_to_be_needed_is_fast_again():
    assert chosen([*LAYERS[1:], layer("large", 5000, 9000)], 4500) == {"large"}


def test_a_layer_whose_small_code_is_larger_stays_fast():
    assert chosen([*LAYERS, layer("larger", -5, 0)], 99_999) == {"dear", "cheap", "middling"}


def test_a_function_that_layers_share_counts_once():
    one, two = (layer(name, 1000, 10, "v") for name in ("one", "two"))
    assert mixture.bytes_saved({one}) == 1000 - mixture.SHARED_BYTES
    assert mixture.bytes_saved({one, two}) == 2000 - mixture.SHARED_BYTES


def test_what_the_ram_does_not_allow_stays_fast():
    def allowed(small):
        return all("cheap" not in each.names for each in small)

    assert chosen(LAYERS, 99_999, allowed) == {"dear", "middling"}
