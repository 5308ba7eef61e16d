"""Looks into a Keras .h5 before Keras may: what it describes can run code, and what it claims can fill the memory."""

import json
import math
from pathlib import Path

import h5py

from helpers.common import artifacts
from helpers.common.errors import BadInput, MissingInput, Unsupported

LAYERS = (
    "InputLayer", "Conv2D", "DepthwiseConv2D", "MaxPooling2D", "AveragePooling2D", "BatchNormalization",
    "Dense", "Flatten", "Reshape", "Dropout", "Activation", "ReLU", "Softmax",
)  # fmt: skip
ACTIVATIONS = ("linear", "relu", "softmax", "sigmoid", "tanh")

_LARGEST = 256 << 20  # bytes, of the file and of all its arrays
_LONGEST_CONFIG = 1 << 20  # characters
_LARGEST_SIZE = 10_000  # units, filters, pixels along a side: nothing for a microcontroller comes near
_REMEDY = "save a Sequential network of plain Keras layers with model.save('mnist.h5')"


def read_config(path) -> list[dict]:
    """The layers of a saved Keras Sequential network, as {'class_name': ..., 'config': {...}}, the input layer first.

    Raises MissingInput, BadInput, or Unsupported where a layer is not in LAYERS (Lambda and custom layers run code
    that lies in the file, and the safe_mode of Keras does not look at .h5 files).
    """
    path, where = Path(path), artifacts.shown(path)
    if not path.is_file():
        remedy = "run notebooks/02_train.ipynb first, or check the name (data/mnist.h5 is the shipped network)"
        raise MissingInput("does not exist", where=where, remedy=remedy)
    if path.stat().st_size > _LARGEST:
        raise BadInput(f"is larger than {_LARGEST:,} bytes", where=where, remedy=_REMEDY)
    try:
        with h5py.File(path, "r") as file:
            _check_arrays(file, where)
            config = json.loads(_text(file.attrs.get("model_config", "null")))
    except (OSError, ValueError, RuntimeError, KeyError, RecursionError) as error:
        raise BadInput("is no sound HDF5 file with a Keras network", where=where, remedy=_REMEDY) from error
    if not isinstance(config, dict) or config.get("class_name") != "Sequential":
        raise BadInput("holds no Keras Sequential network", where=where, remedy=_REMEDY)
    layers = (config.get("config") or {}).get("layers")
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise BadInput("describes no layers", where=where, remedy=_REMEDY)
    for layer in layers:
        _check_layer(layer, where)
    return layers


def _text(value) -> str:
    text = value.decode() if isinstance(value, bytes) else str(value)
    if len(text) > _LONGEST_CONFIG:
        raise ValueError("the network's description is too long")
    return text


def _check_arrays(file: h5py.File, where: str):
    """Every link leads to something inside this file, and all arrays together are small."""
    groups, total = [file], 0
    while groups:
        group = groups.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise BadInput(f"has a link {name!r} that leads elsewhere", where=where, remedy=_REMEDY)
            item = group[name]
            if isinstance(item, h5py.Group):
                groups.append(item)
            else:
                total += _bytes_of(item, where)
    if total > _LARGEST:
        raise BadInput(f"claims arrays of {total:,} bytes", where=where, remedy=_REMEDY)


def _bytes_of(item, where: str) -> int:
    plain = isinstance(item, h5py.Dataset) and not item.external and not item.is_virtual
    if not plain or item.dtype.kind not in "fiu":
        raise BadInput(f"has an array {item.name!r} that is no plain numbers", where=where, remedy=_REMEDY)
    return math.prod(item.shape) * item.dtype.itemsize


def _check_layer(layer: dict, where: str):
    kind, config = layer.get("class_name"), layer.get("config")
    if kind not in LAYERS or not isinstance(config, dict):
        allowed = ", ".join(LAYERS)
        raise Unsupported(f"has a layer of kind {kind!r}, which may run code of its own", where=where,
                          remedy=f"build the network from {allowed}")  # fmt: skip
    activation = config.get("activation", "linear")
    if activation not in ACTIVATIONS:
        raise Unsupported(f"layer {config.get('name')} has activation {activation!r}", where=where,
                          remedy=f"use one of {', '.join(ACTIVATIONS)}")  # fmt: skip
    _check_values({"class_name": kind, **config}, where)


def _check_values(value, where: str):
    """No custom object anywhere inside a layer's description, and no size beyond reason."""
    if isinstance(value, dict):
        module = value.get("module") or "keras"
        if value.get("registered_name") or not str(module).startswith("keras"):
            raise Unsupported("has a custom object in a layer", where=where, remedy=_REMEDY)
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            _check_values(part, where)
    elif isinstance(value, int | float) and not abs(value) <= _LARGEST_SIZE:
        raise BadInput(f"asks for a layer of size {value}", where=where, remedy=f"stay below {_LARGEST_SIZE:,}")
