"""A bundle's header read back: which placeholder is the input, however they are listed."""

import pytest

from helpers.common.errors import BadInput, MissingInput
from helpers.inference import bundle_header
from helpers.inference.emulated_bundle import EmulatedBundle

HEADER = """\
#ifndef _GLOW_BUNDLE_NET_H
{listed}
#define NET_x  0
#define NET_y  128
#define NET_CONSTANT_MEM_SIZE     192
#define NET_MUTABLE_MEM_SIZE      192
#define NET_ACTIVATIONS_MEM_SIZE  0
#define NET_MEM_ALIGN  64
int net(uint8_t *constantWeight, uint8_t *mutableWeight, uint8_t *activations);
#endif
"""
PLACEHOLDER = """\
//   Name: "{name}"
//   Type: i8[S:0.500000000 O:-1][-1.000,1.000]<1 x {size}>
//   Size: {size} (elements)
//   Size: {size} (bytes)
//   Offset: {at} (bytes)
//
"""


@pytest.mark.parametrize("order", ["xy", "yx"])
def test_the_input_lies_first_wherever_it_is_listed(order, tmp_path):
    places = {"x": {"size": 108, "at": 0}, "y": {"size": 27, "at": 128}}
    listed = "".join(PLACEHOLDER.format(name=name, **places[name]) for name in order)
    (tmp_path / "net.h").write_text(HEADER.format(listed=listed))
    header = bundle_header.read(tmp_path / "net.h")
    assert [header.input.name, header.output.name] == ["x", "y"]
    assert header.input.shape == (1, 108) and header.output.address == 128


@pytest.fixture
def sound(tmp_path):
    """A header that is sound, as text, and a function that reads a changed one."""
    listed = PLACEHOLDER.format(name="x", size=108, at=0) + PLACEHOLDER.format(name="y", size=27, at=128)

    def read(old: str = "", new: str = ""):
        text = HEADER.format(listed=listed)
        assert old in text
        (tmp_path / "net.h").write_text(text.replace(old, new, 1) if old else text)
        return bundle_header.in_folder(tmp_path)

    return read


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("CONSTANT_MEM_SIZE     192", "CONSTANT_MEM_SIZE     99999999999", "claims 99,999,999,999 bytes of constants"),
        (
            "ACTIVATIONS_MEM_SIZE  0",
            "ACTIVATIONS_MEM_SIZE  1073741825",
            "bytes of activations, more than 1,073,741,824",
        ),
        ("MEM_ALIGN  64", "MEM_ALIGN  63", "claims an alignment of 63 bytes"),
        ("MEM_ALIGN  64", f"MEM_ALIGN  {'9' * 5000}", "is not the header of a Glow bundle"),
        ("<1 x 108>", "<1 x 999999999>", "claims 108 bytes of x, whose type takes 999,999,999"),
        ("<1 x 108>", f"<1 x {'9' * 5000}>", "is not the header of a Glow bundle"),
        ("Size: 108 (bytes)", "Size: 107 (bytes)", "claims 107 bytes of x, whose type takes 108"),
        ("NET_y  128", "NET_y  170", "places y at 170, outside its region of 192 bytes"),
        ("S:0.500000000", "S:much", "is not the header of a Glow bundle"),
        ("S:0.500000000", "S:nan", "gives x the scale nan"),
        ("S:0.500000000", "S:-1", "gives x the scale -1.0"),
    ],
)
def test_claims_that_cannot_be_are_refused(sound, old, new, why):
    assert sound().constant == 192
    with pytest.raises(BadInput, match=why):
        sound(old, new)


def test_sizes_beyond_the_emulated_core_are_refused_before_it_is_made(sound, tmp_path, monkeypatch):
    sound("ACTIVATIONS_MEM_SIZE  0", "ACTIVATIONS_MEM_SIZE  900000000")
    (tmp_path / "net.o").touch()
    monkeypatch.setattr("helpers.inference.emulated_bundle.linked", lambda *_: (b"", {"net": 0}))
    (tmp_path / "net.weights.bin").write_bytes(bytes(191))
    with pytest.raises(BadInput, match="has 191 bytes of weights, and its header claims 192"):
        EmulatedBundle(tmp_path)
    (tmp_path / "net.weights.bin").write_bytes(bytes(192))
    with pytest.raises(
        BadInput, match="needs 900,000,064 bytes in one region, and the emulated core has 4,194,304 there"
    ):
        EmulatedBundle(tmp_path)


def test_a_folder_without_a_bundle_is_one_error(tmp_path):
    (tmp_path / "main.h").write_text("#pragma once")
    with pytest.raises(MissingInput, match="holds no header of a bundle. Compile the network"):
        bundle_header.in_folder(tmp_path)
    with pytest.raises(MissingInput, match="is no folder of a bundle"):
        bundle_header.in_folder(tmp_path / "absent")


def test_headers_of_others_may_lie_beside_it(sound, tmp_path):
    (tmp_path / "main.h").write_text("#pragma once")
    (tmp_path / "sub.h").mkdir()
    assert sound().file == tmp_path / "net.h"
    with pytest.raises(MissingInput, match=r"lacks net.weights.bin. Compile the network again"):
        sound().beside(".weights.bin")
