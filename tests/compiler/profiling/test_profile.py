"""profile.yaml and the histograms in it: written and read; what is refused is in malformed/."""

import re

import numpy as np
import pytest
import yaml

from helpers.common.errors import BadInput, MissingInput
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


def test_counts_are_read_as_yaml_has_them(note_profile):
    """They are taken out of the text before YAML reads it, which takes a minute for a hundred thousand of them."""
    entries = list(yaml.safe_load_all(note_profile.read_text()))[2]
    wanted = {each["NodeOutputName"]: tuple(map(float, each["Histogram"])) for each in entries}
    assert {name: entry.histogram for name, entry in profile.read(note_profile).entries.items()} == wanted


@pytest.mark.parametrize("counts", ["[ 1, x ]", "counts 7", "[ 1 2 3,, ]", "{}", "5", "[ [ 1 ] ]"])
def test_counts_that_are_none_are_refused_or_nothing(note_profile, tmp_path, counts):
    text = re.sub(r"\[ [^]]*\]", counts, note_profile.read_text(), count=1)
    assert text != note_profile.read_text()
    (tmp_path / "p.yaml").write_text(text)
    if counts == "{}":
        assert len(profile.read(tmp_path / "p.yaml").entries) > 1
    else:
        with pytest.raises(BadInput, match="is not a Glow profile"):
            profile.read(tmp_path / "p.yaml")
