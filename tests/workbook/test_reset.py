"""A clean start: what was produced goes, and nothing else."""

from helpers.common import artifacts
from helpers.workbook import reset


def test_reset_removes_what_was_produced_and_says_so(build, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(artifacts, "NOTEBOOKS", tmp_path / "notebooks")
    artifacts.write_text(build / "deep" / "file", "x" * 200_000)
    artifacts.write_text(tmp_path / "notebooks" / ".ipynb_checkpoints" / "a.ipynb", "{}")
    artifacts.write_text(tmp_path / "notebooks" / "a.ipynb", "{}")
    assert reset.main(["--dry-run"]) == 0
    assert "would remove build (0.2 MB)" in capsys.readouterr().out and (build / "deep").exists()
    assert reset.main([]) == 0
    assert not build.exists() and [path.name for path in (tmp_path / "notebooks").iterdir()] == ["a.ipynb"]
    assert reset.main([]) == 0
    assert "nothing to remove" in capsys.readouterr().out
