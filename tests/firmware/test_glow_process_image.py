"""The note's command line that turns the image into a list for C."""

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.data import images
from helpers.firmware.glow_process_image import main

SHIPPED = artifacts.DATA / "current_test_image.png"


def run(tmp_path, *options, image=SHIPPED):
    return main([f"-image-path={image}", f"-output-path={tmp_path / 'x.inc'}", *options])


NOTE = ("-image-layout=NHWC", "-image-channel-order=BGR", "-image-type=int8", "-image-mode=neg128to127")


def test_the_notes_own_command_line(tmp_path, capsys):
    assert run(tmp_path, *NOTE) == 0
    values = images.read_inc(tmp_path / "x.inc")
    assert values.size == 784
    assert (values == images.read_png(SHIPPED).ravel().astype(int) - 128).all()
    assert "784 values of type int8, -128 to 127" in capsys.readouterr().out


def test_two_dashes_and_separate_values_do_too(tmp_path):
    options = ["--image-type", "int8", "--image-mode", "neg128to127", "--image-layout=NHWC"]
    assert run(tmp_path, *options) == 0
    one = (tmp_path / "x.inc").read_text()
    run(tmp_path, *NOTE)
    assert (tmp_path / "x.inc").read_text() == one


def test_floats(tmp_path):
    assert run(tmp_path, "-image-mode=0to1") == 0
    values = images.read_inc(tmp_path / "x.inc", np.float32)
    assert (values == images.preprocess(images.read_png(SHIPPED), "0to1").ravel()).all()


@pytest.mark.parametrize(
    ("option", "remedy"),
    [
        ("-image-mod=0to1", "Use -image-mode."),
        ("-image-mode=neg128to12", "Use neg128to127"),
        ("-image-type=int8", "Use neg128to127 with this type"),
        ("-image-layout=HWC", "Use NHWC"),
        ("-frobnicate", "See -help."),
    ],
)
def test_a_slip_is_answered_with_the_nearest_right_one(tmp_path, capsys, option, remedy):
    assert run(tmp_path, option) == 2
    error = capsys.readouterr().err
    assert remedy in error and error.startswith("error: ") and error.count("\n") == 1
    assert not (tmp_path / "x.inc").exists()


def test_a_foreign_image_leaves_the_old_list(tmp_path, capsys):
    (tmp_path / "x.inc").write_text("old")
    assert run(tmp_path, *NOTE, image=artifacts.DATA / "mnist.h5") == 2
    assert "mnist.h5: is not a whole PNG image" in capsys.readouterr().err
    assert (tmp_path / "x.inc").read_text() == "old" and len(list(tmp_path.glob("*.inc"))) == 1


def test_both_files_must_be_named(capsys):
    assert main([]) == 2
    assert "-image-path" in capsys.readouterr().err


def test_another_scale_is_applied_and_saturates(tmp_path):
    assert (
        run(tmp_path, "-image-layout=NHWC", "-image-type=int8", "-image-mode=0to1", "-scale=0.004", "-offset=-100") == 0
    )
    reals = images.read_png(SHIPPED).ravel() / 255
    assert (images.read_inc(tmp_path / "x.inc") == np.clip(np.rint(reals / 0.004) - 100, -128, 127)).all()


def test_the_headers_usual_scale_is_the_notes_mode(tmp_path):
    assert run(tmp_path, *NOTE) == 0
    note = (tmp_path / "x.inc").read_text()
    run(tmp_path, "-image-layout=NHWC", "-image-type=int8", "-image-mode=0to1", f"-scale={1 / 255}", "-offset=-128")
    assert (tmp_path / "x.inc").read_text() == note


NO_INT8 = [("-scale=0",), ("-scale=nan",), ("-scale=1", "-offset=300"), ("-scale=1", "-image-type=uint8")]


@pytest.mark.parametrize("options", NO_INT8)
def test_a_scale_that_makes_no_int8_is_refused(tmp_path, capsys, options):
    assert run(tmp_path, "-image-mode=0to1", "-image-type=int8", *options) == 2
    assert capsys.readouterr().err.startswith("error: ") and not (tmp_path / "x.inc").exists()


def test_the_list_cannot_replace_the_image(tmp_path, capsys):
    (tmp_path / "x.inc").write_bytes(SHIPPED.read_bytes())
    assert run(tmp_path, *NOTE, image=tmp_path / "x.inc") == 2
    assert "is both read and written" in capsys.readouterr().err
    assert (tmp_path / "x.inc").read_bytes() == SHIPPED.read_bytes()
