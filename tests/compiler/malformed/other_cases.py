"""TFLite, h5, npz, yaml and png files that are not what they should be, and part of the line that each is refused with."""

import io
import json
import pickle
import struct
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

from helpers.common import artifacts

TFLITE = Path(__file__).parents[1] / "tflite" / "int8.tflite"
PNG = artifacts.DATA / "current_test_image.png"
HEAD = "---\nGlowToolsVersion: ''\n...\n---\nGraphPreLowerHash: 0x1\n...\n---\n"
ENTRY = "- NodeOutputName:  'a:0'\n  Min: {}\n  Max: {}\n  Histogram: [ 1 ]\n...\n"
DENSE = {"class_name": "Dense", "config": {"name": "d", "units": 2}}


def content(data, expected: str):
    """These bytes or this text."""
    return lambda path: path.write_bytes(data.encode() if isinstance(data, str) else data), expected


def cut(source: Path, change, expected: str):
    """The bytes of a sound file, changed."""
    return lambda path: path.write_bytes(change(source.read_bytes())), expected


def h5(layers, expected: str, link=None):
    """A Keras Sequential of these layers."""

    def write(path):
        with h5py.File(path, "w") as file:
            config = {"class_name": "Sequential", "config": {"layers": layers}}
            file.attrs["model_config"] = json.dumps(config)
            if link is not None:
                link(file)

    return write, expected


def npz(expected: str, **members: bytes):
    """An archive of these members."""

    def write(path):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, data in members.items():
                file.writestr(f"{name}.npy", data)

    return write, expected


def array(shape, payload: bytes, descr: str = "'|u1'") -> bytes:
    """An .npy whose header claims a shape."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + payload


def png(mode: str = "L", size=(28, 28), kind: str = "PNG") -> bytes:
    """A picture."""
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, kind)
    return buffer.getvalue()


def bomb(data: bytes) -> bytes:
    """A header that claims 60,000 by 60,000 pixels."""
    head = data[12:16] + struct.pack(">II", 60_000, 60_000) + data[24:29]
    return data[:12] + head + struct.pack(">I", zlib.crc32(head)) + data[33:]


def outside(file) -> None:
    file["weights"] = h5py.ExternalLink("/etc/hostname", "x")


def vast(file) -> None:
    file.create_dataset("w", (2**20, 2**20), np.float32, chunks=(1, 1024))


CASES = {
    ".tflite": {
        "nothing": content(b"", "is not a TFLite file. Convert it again"),
        "only the name": content(b"1234TFL3", "is a damaged TFLite file"),
        "cut off": cut(TFLITE, lambda data: data[:900], "TFLite"),
        "another format": cut(PNG, bytes, "is not a TFLite file"),
        "offsets into nowhere": cut(TFLITE, lambda data: b"\xff\xff\xff\x7f" + data[4:], "is a damaged TFLite file"),
    },
    ".h5": {
        "nothing": content(b"", "is no sound HDF5 file"),
        "text": content("hello", "is no sound HDF5 file"),
        "code in a layer": h5([{"class_name": "Lambda", "config": {"function": ["4wEA", None, None]}}], "which may run code"),
        "a layer of one's own": h5([{"class_name": "Mine>Dense", "config": {}}], "which may run code"),
        "a module in a layer": h5([{**DENSE, "config": {"x": {"module": "os", "class_name": "system"}}}], "a custom object"),
        "weights in another file": h5([DENSE], "a link 'weights' that leads elsewhere", outside),
        "four terabytes": h5([DENSE], "claims arrays of 4,398,046,511,104 bytes", vast),
        "a vast layer": h5([{**DENSE, "config": {"units": 10**9}}], "asks for a layer of size 1000000000"),
        "no layers": h5(None, "describes no layers"),
    },
    ".npz": {
        "nothing": content(b"", "is no sound .npz"),
        "a pickle": npz("is no sound .npz of plain arrays", a=array((1,), pickle.dumps(print), "'|O'")),
        "32 GiB in a header": npz("another size than its header says", a=array((2**35,), b"abc")),
        "a negative shape": npz("is no sound .npz", a=array((-1, 4), b"abcd")),
        "a bomb": npz("unpacks to more than", a=array((2**28,), bytes(2**28))),
        "no header": npz("is no sound .npz", a=b"123"),
    },
    ".yaml": {
        "nothing": content("", "is not a Glow profile"),
        "no YAML": content("not yaml: [", "is not a Glow profile"),
        "no entries": content(HEAD, "is not a Glow profile"),
        "ends that cross": content(HEAD + ENTRY.format(2, 1), "has the range 2.0 to 1.0"),
        "no number": content(HEAD + ENTRY.format(".nan", 1), "has the range nan"),
        "without end": content(HEAD + ENTRY.format(0, ".inf"), "has the range 0.0 to inf"),
        "half an entry": content(HEAD + "- NodeOutputName: 'a:0'\n  Min: 0\n...\n", "KeyError"),
        "no mapping": content(HEAD + "- 3\n...\n", "TypeError"),
        "aliases": content(HEAD + "a: &x [1]\nb: *x\n", "aliases are not allowed"),
        "code": content(HEAD + "!!python/object/apply:os.system ['true']\n", "is not a Glow profile"),
        "ten thousand lists": content("[" * 10_000, "is not a Glow profile"),
        "no text": content(b"\xff\xfe\x00\xd8", "is not a Glow profile"),
    },
    ".png": {
        "nothing": content(b"", "is not a whole PNG image"),
        "cut off": cut(PNG, lambda data: data[:-40], "is not a whole PNG image"),
        "a bomb": cut(PNG, bomb, "is"),
        "another format": content(png(kind="BMP"), "is not a whole PNG image"),
        "too many pixels": content(png(size=(2000, 2000)), "has more than 1,048,576 pixels"),
        "see-through": content(png("RGBA"), "has pixels of type RGBA. Save it as 8-bit grey"),
    },
}  # fmt: skip
