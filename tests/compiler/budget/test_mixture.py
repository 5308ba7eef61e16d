"""Which layers become small: the cheapest for each byte, and no more of them than the flash asks for."""

from types import SimpleNamespace

from helpers.compiler.budget import mixture
from helpers.compiler.budget.mixture import Code, Layer


def layer(name: str, *others: tuple[int, int], shared=()) -> Layer:
    """A layer whose fast code takes 10,000 bytes and 1,000 cycles; others: bytes saved and cycles lost."""
    kernel = SimpleNamespace(nodes=[SimpleNamespace(name=name)])
    codes = [Code("other", (kernel,), 10_000 - saved, 1000 + lost, frozenset(shared)) for saved, lost in others]
    return Layer((Code("fast", (kernel,), 10_000, 1000), *codes))


def chosen(every: list[Layer], to_save: int, allowed=lambda choice: True) -> dict[str, int]:
    choice = mixture.smallest(every, to_save, allowed)
    return {name: number for layer, number in zip(every, choice, strict=True) for name in layer.names if number}


LAYERS = [layer("dear", (1000, 9000)), layer("cheap", (1000, 100)), layer("middling", (1000, 1000))]


def test_those_that_lose_the_fewest_cycles_for_each_byte_come_first():
    assert chosen(LAYERS, 0) == {}
    assert chosen(LAYERS, 1) == {"cheap": 1}
    assert chosen(LAYERS, 1001) == {"cheap": 1, "middling": 1}
    assert chosen(LAYERS, 99_999) == {"dear": 1, "cheap": 1, "middling": 1}


def test_one_that_turns_out_not_to_be_needed_is_fast_again():
    assert chosen([*LAYERS[1:], layer("large", (5000, 9000))], 4500) == {"large": 1}


def test_a_layer_whose_other_code_is_larger_stays_fast():
    assert "larger" not in chosen([*LAYERS, layer("larger", (-5, 0))], 99_999)


def test_a_layer_goes_on_to_still_smaller_code():
    every = [layer("two", (1000, 100), (3000, 5000)), layer("one", (1000, 800))]
    assert chosen(every, 900) == {"two": 1}
    assert chosen(every, 1900) == {"two": 1, "one": 1}
    assert chosen(every, 3500) == {"two": 2, "one": 1}


def test_a_function_that_layers_share_counts_once():
    every = [layer(name, (1000, 10), shared=("v",)) for name in ("one", "two")]
    assert mixture.bytes_saved(every, (1, 0)) == 1000 - mixture.SHARED_BYTES
    assert mixture.bytes_saved(every, (1, 1)) == 2000 - mixture.SHARED_BYTES


def test_what_the_ram_does_not_allow_stays_fast():
    assert chosen(LAYERS, 99_999, lambda choice: not choice[1]) == {"dear": 1, "middling": 1}
