"""Load a network from a Keras file with the Keras that wrote it, after checking its description and size."""

import contextlib
import math

import numpy as np

from helpers.common import artifacts
from helpers.common.errors import BadInput
from helpers.network.keras import of_version, quietly, tf
from helpers.network.keras_files import archive, description

_MOST_PARAMETERS = 20_000_000
_NOT_REBUILT = (ValueError, TypeError, KeyError, AttributeError, IndexError, OSError, NotImplementedError, RuntimeError)


def load(path):
    """Load a keras.Model of Keras 2 or 3 from a .h5 or .keras, not compiled.

    Raises what `description.read` raises, and BadInput for a network that is far too large, that its own Keras cannot rebuild, or
    whose weights are no numbers.
    """
    where, found = artifacts.shown(path), description.read(path)
    keras = of_version(found.keras)
    try:
        _check_size(found, where)
        with quietly(), archive.of_any_system(path, where) as file:
            model = keras.models.load_model(file, compile=False)
        outputs = model.predict_on_batch(zeros(model))
    except _NOT_REBUILT as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:120]
        raise BadInput(
            f"is no network that Keras can rebuild ({reason})", where=where, remedy="save it again"
        ) from error
    if not all(np.isfinite(each).all() for each in _each(outputs)):
        raise BadInput("has weights that are no numbers", where=where, remedy="train it again, with a smaller step")
    return model


def is_newer(model) -> bool:
    """Whether a network was built by Keras 3."""
    return not isinstance(model, of_version(2).Model)


def zeros(model) -> np.ndarray | list[np.ndarray]:
    """Return an input of zeros, of batch size 1: an array, or a list of them if the network has several inputs."""
    arrays = [np.zeros((1, *tensor.shape[1:]), np.float32) for tensor in model.inputs]
    return arrays[0] if len(arrays) == 1 else arrays


def _each(outputs) -> list:
    if isinstance(outputs, dict):
        return list(outputs.values())
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


def _check_size(found: description.Description, where: str) -> None:
    """Build the network from its description without allocating weights, and check its size."""
    keras = of_version(found.keras)
    with contextlib.ExitStack() as nothing_allocated:
        if found.keras == 2:
            nothing_allocated.enter_context(tf.Graph().as_default())
        else:
            nothing_allocated.enter_context(keras.StatelessScope())
        kind = keras.Sequential if found.config["class_name"] == "Sequential" else keras.Model
        model = kind.from_config(found.config["config"])
        if not model.built:
            raise BadInput(
                "does not say what shape its input has", where=where, remedy="begin it with keras.Input(shape)"
            )
        sizes = [math.prod(weight.shape) for weight in model.weights]
        sizes += [math.prod(shape) for layer in model.layers for shape in _shapes(layer)]
    if sum(sizes[: len(model.weights)]) > _MOST_PARAMETERS or max(sizes, default=0) > _MOST_PARAMETERS:
        raise BadInput("is far too large for a microcontroller", where=where, remedy="use a smaller network")


def _shapes(layer) -> list[tuple[int, ...]]:
    """Return the shapes of a layer's results without the batch; an unknown length counts as 1."""
    shapes = [tensor.shape for node in layer._inbound_nodes for tensor in _each(_outputs(node))]
    return [tuple(size or 1 for size in tuple(shape)[1:]) for shape in shapes]


def _outputs(node):
    return node.output_tensors if hasattr(node, "output_tensors") else node.outputs
