"""The samples of -cheap-weights: inputs on which a layer's error is measured while its weights are chosen."""

import argparse

import numpy as np

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter
from helpers.compiler.quantisation.cheap_weights import Search
from helpers.data import npz

MOST = 500  # samples; more change next to nothing
_REMEDY = "save them with numpy.savez(FILE, x=inputs), float32 [n, ...] as the network takes them"


def search(chosen: argparse.Namespace) -> Search | None:
    """Return the samples and the price that -cheap-weights names; None without that option.

    The file is an .npz with an array x: float32 [n, ...], inputs of a network with one input. The first MOST are used. Raises
    BadParameter for a price that is no number from 0 on or is of no use, BadInput or MissingInput for the file.
    """
    if not chosen.load_profile:  # refused with all options of quantisation
        return None
    price = _price(chosen.cheap_weights_price)
    if not chosen.cheap_weights:
        if chosen.cheap_weights_price:
            raise BadParameter(
                "-cheap-weights-price changes nothing without -cheap-weights", remedy="add -cheap-weights=FILE.npz"
            )
        return None
    where, arrays = artifacts.shown(chosen.cheap_weights), npz.read(chosen.cheap_weights)
    if "x" not in arrays:
        raise BadInput(f"has no array x, but {', '.join(sorted(arrays)) or 'none'}", where=where, remedy=_REMEDY)
    samples = arrays["x"]
    if samples.dtype != np.float32 or samples.ndim < 2 or not len(samples) or not np.isfinite(samples).all():
        raise BadInput(
            f"x is {samples.dtype} {list(samples.shape)}, not a batch of finite float32", where=where, remedy=_REMEDY
        )
    return Search(samples[:MOST], where) if price is None else Search(samples[:MOST], where, price)


def _price(word: str | None) -> float | None:
    if not word:
        return None
    try:
        price = float(word)
    except ValueError:
        price = -1.0
    if not 0 <= price < 1e9:
        raise BadParameter(
            f"-cheap-weights-price cannot be {word!r}", remedy="use a number from 0 on; 10 is the default"
        )
    return price
