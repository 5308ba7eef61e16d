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


def test_a_link_to_another_disk_is_emptied_and_stays(build, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(artifacts, "NOTEBOOKS", tmp_path / "notebooks")
    (tmp_path / "big").mkdir()
    (tmp_path / "link").symlink_to("big")
    monkeypatch.setenv("WORKBOOK_BUILD", str(tmp_path / "link"))
    artifacts.write_text(artifacts.build("deep", "file"), "x")
    assert reset.main([]) == 0
    assert (tmp_path / "link").is_symlink() and not list((tmp_path / "big").iterdir())
    assert reset.main([]) == 0
    assert "nothing to remove" in capsys.readouterr().out


def test_a_folder_of_others_is_refused(build, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(artifacts, "NOTEBOOKS", tmp_path / "notebooks")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("mine")
    monkeypatch.setenv("WORKBOOK_BUILD", str(tmp_path / "home"))
    artifacts.write_text(artifacts.build("table.json"), "{}")
    assert reset.main([]) == 2
    assert "home: holds files that the workbook did not make" in capsys.readouterr().err
    assert (tmp_path / "home" / "thesis.txt").exists()


def test_removed_is_said_only_when_it_is_true(build, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(artifacts, "NOTEBOOKS", tmp_path / "notebooks")
    artifacts.write_text(build / "file", "x")

    def busy(path):
        raise OSError(16, "Device or resource busy", str(path))

    monkeypatch.setattr(reset.atomic_files.shutil, "rmtree", busy)
    assert reset.main([]) == 2
    printed = capsys.readouterr()
    assert "removed" not in printed.out
    assert printed.err.count("\n") == 1 and "is in use, or another disk is mounted there" in printed.err
