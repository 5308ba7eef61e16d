"""profile.yaml and the histograms in it: written and read; what is refused is in malformed/."""

import numpy as np
import pytest

from helpers.common.errors import MissingInput
from helpers.compiler.profiling import profile
from helpers.compiler.profiling.histogram import Histogram


def test_a_histogram_counts_every_value_once():
    histogram = Histogram(4)
    histogram.add(np.array([0, 1, 2, 3, 4], np.float32))
    assert (histogram.low, histogram.high, histogram.counts.tolist()) == (0, 4, [1, 1, 1, 2])


def test_a_wider_range_keeps_the_total():
    histogram = Histogram(10)
    for top in (1, 5, 3, 40):
        histogram.add(np.linspace(-top, top, 50).astype(np.float32))
    assert (histogram.low, histogram.high, histogram.counts.sum()) == (-40, 40, 200)


def test_a_constant_value_falls_into_the_first_bin():
    histogram = Histogram(3)
    histogram.add(np.full(7, 2.5, np.float32))
    assert histogram.counts.tolist() == [7, 0, 0]


def test_what_real_glow_wrote_is_read_and_written_alike(note_profile, tmp_path):
    original = profile.read(note_profile)
    profile.write(tmp_path / "again.yaml", original)
    assert (tmp_path / "again.yaml").read_text() == note_profile.read_text()
    assert profile.read(tmp_path / "again.yaml") == original


def test_float32_extremes_survive(tmp_path):
    entries = {"a:0": profile.Entry(float(np.float32(-3.4e38)), float(np.finfo(np.float32).tiny), (1.0, 2.0))}
    profile.write(tmp_path / "p.yaml", profile.Profile(entries, 2**64 - 1))
    assert profile.read(tmp_path / "p.yaml") == profile.Profile(entries, 2**64 - 1)


def test_a_missing_profile_says_how_to_make_one(tmp_path):
    with pytest.raises(MissingInput, match="-dump-profile"):
        profile.read(tmp_path / "none.yaml")
