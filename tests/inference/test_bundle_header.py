"""A bundle's header read back: which placeholder is the input, however they are listed."""

import pytest

from helpers.inference import bundle_header

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
