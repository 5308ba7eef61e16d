"""What the page makes of strokes is what helpers/data/strokes.py makes of them."""

import json
import shutil
import subprocess
import warnings

import numpy as np
import pytest

from helpers.data import strokes
from helpers.workbook.publish.page import bundler


@pytest.fixture(scope="module")
def prepared_in_javascript(tmp_path_factory):
    """prepare.js of the examples' strokes, and of the ink that Python draws of them and of some odd sheets."""
    if shutil.which("node") is None:
        warnings.warn(
            "node not installed: the page's preparation of drawings was NOT compared with Python's", stacklevel=1
        )
        pytest.skip("node not installed")
    scratch = tmp_path_factory.mktemp("prepare")
    (scratch / "package.json").write_text('{"type": "module"}')
    (scratch / "prepare.js").write_bytes((bundler.HERE / "prepare.js").read_bytes())
    sheets = _sheets()
    (scratch / "given.json").write_text(
        json.dumps(
            {"strokes": list(strokes.examples().values()), "sheets": [sheet.ravel().tolist() for sheet in sheets]}
        )
    )
    (scratch / "run.js").write_text(
        """import { readFileSync } from 'node:fs';
import { ink, prepare } from './prepare.js';
const given = JSON.parse(readFileSync('given.json'));
const drawn = given.strokes.map((strokes) => [...prepare(ink(strokes))]);
const sheets = given.sheets.map((sheet) => [...prepare(Uint8Array.from(sheet))]);
console.log(JSON.stringify({ drawn, sheets, empty: prepare(ink([])) }));
"""
    )
    done = subprocess.run(["node", "run.js"], cwd=scratch, check=True, capture_output=True, text=True, timeout=60)
    return sheets, json.loads(done.stdout)


def _sheets() -> list[np.ndarray]:
    """Ink as Python draws it: the examples, a dot, a dash, a corner, and grey noise in boxes of odd sizes."""
    drawn = [*strokes.examples().values(), [[(0.5, 0.5)]], [[(0.1, 0.9), (0.9, 0.9)]], [[(0, 0), (0.3, 0)]]]
    sheets, random = [strokes.ink(each) for each in drawn], np.random.default_rng(1)
    for height, width in ((280, 280), (20, 13), (7, 201), (3, 3), (1, 1), (41, 40)):
        sheet = np.zeros((strokes.SIDE, strokes.SIDE), np.uint8)
        sheet[:height, 5 : 5 + width] = random.integers(1, 256, sheet[:height, 5 : 5 + width].shape)
        sheets.append(sheet)
    return sheets


def test_ink_becomes_the_same_pixels_as_in_python(prepared_in_javascript):
    sheets, found = prepared_in_javascript
    for sheet, pixels in zip(sheets, found["sheets"], strict=True):
        assert strokes.prepare(sheet).pixels.ravel().tolist() == pixels
    assert found["empty"] is None


def test_strokes_become_nearly_the_same_pixels_as_in_python(prepared_in_javascript):
    """The pens differ by a pixel of 280 at their edges: Pillow's is no circle."""
    for strokes_of_digit, pixels in zip(strokes.examples().values(), prepared_in_javascript[1]["drawn"], strict=True):
        difference = np.abs(strokes.pixels(strokes_of_digit).ravel().astype(int) - pixels)
        assert difference.mean() < 2 and difference.max() < 50
