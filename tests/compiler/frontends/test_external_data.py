"""Weights that lie beside an ONNX file: taken from its own folder, and from nowhere else."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from helpers.common.errors import BadInput, MissingInput
from helpers.compiler.frontends.onnx import external_data, importer

WEIGHTS = np.arange(12, dtype=np.float32).reshape(3, 4)


@pytest.fixture
def saved(tmp_path):
    """A function that writes a dense network whose weights lie in another file, as `entries` say, and returns its path."""

    def save(content: bytes | None = WEIGHTS.tobytes(), file="net.onnx.data", **entries):
        folder = tmp_path / "model"
        folder.mkdir(exist_ok=True)
        tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[3, 4], data_location=TensorProto.EXTERNAL)
        for key, value in {"location": "net.onnx.data", "offset": "0", "length": "48", **entries}.items():
            if value is not None:
                tensor.external_data.add(key=key, value=value)
        ends = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in (("x", [1, 3]), ("y", [1, 4]))
        ]
        graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "net", ends[:1], ends[1:], [tensor])
        path = folder / "net.onnx"
        path.write_bytes(
            helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8).SerializeToString()
        )
        if content is not None:
            (folder / file).write_bytes(content)
        return path

    return save


def weights(path) -> np.ndarray:
    return next(each.data for each in importer.read(path).constants if each.name == "w")


@pytest.mark.parametrize(
    ("content", "entries"),
    [
        (WEIGHTS.tobytes(), {}), (WEIGHTS.tobytes(), {"length": None, "offset": None}),
        (b"\0" * 64 + WEIGHTS.tobytes() + b"\0", {"offset": "64"}),
    ],
)  # fmt: skip
def test_weights_beside_the_model(saved, content, entries):
    assert np.array_equal(weights(saved(content, **entries)), WEIGHTS)


@pytest.mark.parametrize(
    "location", ["../secret", "/etc/passwd", "a/b", "..", ".", "", "C:\\weights", "a\\b", "net.onnx.data\0", None]
)
def test_places_outside_the_folder_are_refused(saved, location, tmp_path):
    (tmp_path / "secret").write_bytes(WEIGHTS.tobytes())
    with pytest.raises(BadInput, match="not beside the model|not a sound ONNX model"):
        importer.read(saved(location=location))


@pytest.mark.parametrize(
    ("content", "entries"),
    [
        (WEIGHTS.tobytes()[:-1], {}), (WEIGHTS.tobytes(), {"length": "44"}), (WEIGHTS.tobytes(), {"offset": "1"}),
        (WEIGHTS.tobytes(), {"offset": "-4"}), (WEIGHTS.tobytes(), {"offset": "x"}), (b"", {}),
        (WEIGHTS.tobytes(), {"length": str(2**62)}),
    ],
)  # fmt: skip
def test_sizes_that_do_not_fit_are_refused(saved, content, entries):
    with pytest.raises(BadInput, match="is not in 'net.onnx.data' as it says|no number"):
        importer.read(saved(content, **entries))


def test_a_link_is_refused(saved, tmp_path):
    path = saved(None)
    (tmp_path / "secret").write_bytes(WEIGHTS.tobytes())
    (path.parent / "net.onnx.data").symlink_to(tmp_path / "secret")
    with pytest.raises(BadInput, match="no plain file"):
        importer.read(path)


def test_a_file_that_was_not_copied(saved):
    with pytest.raises(MissingInput, match="Copy the data file beside the model"):
        importer.read(saved(None))


def test_more_than_a_limit_is_not_read(saved):
    path = saved()
    with pytest.raises(BadInput, match="more than 40 bytes"):
        external_data.read(onnx.load(path, load_external_data=False), path, 40)
