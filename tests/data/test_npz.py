"""Archives from outside: what is read, and what is refused before it takes memory."""

import io
import zipfile

import numpy as np
import pytest

from helpers.common.errors import BadInput, MissingInput
from helpers.data import npz


def member(shape, payload: bytes, descr="'|u1'") -> bytes:
    """An .npy whose header claims `shape`, followed by `payload`."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + payload


def archive(path, **members: bytes):
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return path


def test_reads_what_numpy_wrote(tmp_path):
    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.asfortranarray(np.eye(3, dtype=np.float32)), "c": np.array(7)}
    np.savez_compressed(tmp_path / "x.npz", **arrays)
    found = npz.read(tmp_path / "x.npz")
    assert sorted(found) == sorted(arrays)
    assert all((found[name] == arrays[name]).all() and found[name].dtype == arrays[name].dtype for name in arrays)


def test_a_header_that_claims_more_than_is_there(tmp_path):
    path = archive(tmp_path / "x.npz", a=member((1 << 35,), b"abc"))
    with pytest.raises(BadInput, match="another size than its header says"):
        npz.read(path)


def test_a_negative_shape(tmp_path):
    with pytest.raises(BadInput, match="another size"):
        npz.read(archive(tmp_path / "x.npz", a=member((-1, -3), b"abc")))


def test_pickles_are_not_opened(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.array([print], dtype=object))
    with pytest.raises(BadInput, match="Python objects"):
        npz.read(tmp_path / "x.npz")


def test_an_archive_that_unpacks_to_too_much(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", a=np.zeros(10_000, np.uint8))
    with pytest.raises(BadInput, match="more than 5,000 bytes"):
        npz.read(tmp_path / "x.npz", largest=5000)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken"])
def test_what_is_no_archive(tmp_path, content):
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(BadInput, match="no sound .npz"):
        npz.read(tmp_path / "x.npz")


def test_every_truncation_is_one_clean_error(tmp_path):
    buffer = io.BytesIO()
    np.savez(buffer, a=np.arange(50))
    whole = buffer.getvalue()
    for length in range(0, len(whole), 23):
        (tmp_path / "x.npz").write_bytes(whole[:length])
        with pytest.raises(BadInput):
            npz.read(tmp_path / "x.npz")


def test_a_missing_file(tmp_path):
    with pytest.raises(MissingInput, match="does not exist"):
        npz.read(tmp_path / "x.npz")


@pytest.mark.parametrize("descr", ["'|u1', }", "'|u1', (", "", "{'", "\xff: '"])
def test_a_header_that_is_no_python_is_one_clean_error(tmp_path, descr):
    """numpy raises what its parser raises: a tokeniser's error, or a SyntaxError."""
    path = archive(tmp_path / "x.npz", a=member("(1,)", b"a", descr))
    with pytest.raises(BadInput, match="is no sound .npz of plain arrays"):
        npz.read(path)
