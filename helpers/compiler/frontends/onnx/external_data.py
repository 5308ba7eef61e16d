"""Check and read weights that an ONNX file keeps in separate files beside it, as PyTorch's exporter writes them."""

import math
from collections.abc import Iterator
from pathlib import Path

import onnx

from helpers.common.errors import BadInput, MissingInput
from helpers.compiler.frontends.wording import quoted

REMEDY = "export the model again, or as one file: torch.onnx.export(..., external_data=False)"


def read(model: onnx.ModelProto, path: Path, limit: int) -> None:
    """Load the weights into the model, in place; limit: total bytes to read from data files.

    A data file must lie in the model's own folder, be no link, and hold as many bytes as the tensor's shape needs.
    Raises MissingInput or BadInput.
    """
    left = limit
    for tensor in [each for each in tensors(model) if each.data_location == onnx.TensorProto.EXTERNAL]:
        file, offset, size = _place(tensor, path)
        left -= size
        if left < 0:
            raise BadInput(
                f"keeps more than {limit} bytes of weights in other files", where=path, remedy="use a smaller network"
            )
        with file.open("rb") as data:
            data.seek(offset)
            tensor.raw_data = data.read(size)
        tensor.data_location = onnx.TensorProto.DEFAULT
        del tensor.external_data[:]


def tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Initializers, and the tensors in nodes' attributes."""
    yield from model.graph.initializer
    for node in (*model.graph.node, *(node for function in model.functions for node in function.node)):
        for attribute in node.attribute:
            yield from ([attribute.t] if attribute.HasField("t") else [])
            yield from attribute.tensors


def _place(tensor: onnx.TensorProto, path: Path) -> tuple[Path, int, int]:
    """The file that holds a tensor, the first byte, and how many."""
    given = {each.key: each.value for each in tensor.external_data}
    location, what = given.get("location", ""), f"tensor {quoted(tensor.name)}"
    if not location or location in (".", "..") or any(sign in location for sign in "/\\:\0"):
        raise BadInput(f"{what} lies in {quoted(location)}, which is not beside the model", where=path, remedy=REMEDY)
    file = path.parent / location
    if file.is_symlink() or (file.exists() and not file.is_file()):
        raise BadInput(f"{what} lies in {quoted(location)}, which is no plain file", where=path, remedy=REMEDY)
    if not file.exists():
        remedy = "copy the data file beside the model, under the name it was exported with"
        raise MissingInput(
            f"keeps its weights in {quoted(location)}, which is not beside it", where=path, remedy=remedy
        )
    try:
        numbers = {key: int(given.get(key, default)) for key, default in (("offset", 0), ("length", -1))}
        element = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    except (ValueError, KeyError, TypeError):
        raise BadInput(f"{what} has a place or type that is no number", where=path, remedy=REMEDY) from None
    size = math.prod(tensor.dims) * element
    length = size if numbers["length"] < 0 else numbers["length"]
    inside = 0 <= numbers["offset"] <= file.stat().st_size - length
    if min(tensor.dims, default=0) < 0 or length != size or not inside:
        raise BadInput(f"{what} of {size} bytes is not in {quoted(location)} as it says", where=path, remedy=REMEDY)
    return file, numbers["offset"], size
