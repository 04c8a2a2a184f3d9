"""The secret that signs tokens: made once, the same for all, readable by its owner alone."""

import multiprocessing
import os
from pathlib import Path

import pytest

from ivorycart.secrets_file import kept_secret
from ivorycart.settings import SettingsError


def test_it_is_made_once_and_stays(tmp_path: Path):
    """Across restarts; each name and each folder has its own."""
    first = kept_secret(tmp_path / "a")
    assert len(first) >= 32
    assert kept_secret(tmp_path / "a") == first
    assert kept_secret(tmp_path / "a", "other") != first
    assert kept_secret(tmp_path / "b") != first


def test_only_its_owner_may_read_it(tmp_path: Path):
    """Whatever the umask says; nothing else is left in the folder."""
    before = os.umask(0)
    try:
        kept_secret(tmp_path / "new" / "folder")
    finally:
        os.umask(before)
    folder = tmp_path / "new" / "folder"
    assert [each.name for each in folder.iterdir()] == ["jwt_secret"]
    assert (folder / "jwt_secret").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_an_operator_wrote_is_taken_without_its_line_end(tmp_path: Path):
    """An editor adds one."""
    (tmp_path / "jwt_secret").write_text("s" * 40 + "\n")
    assert kept_secret(tmp_path) == "s" * 40


def test_an_empty_file_is_refused_in_one_line(tmp_path: Path):
    """Nothing is signed with nothing; the line says which file, and nothing else is left behind."""
    (tmp_path / "jwt_secret").touch()
    with pytest.raises(SettingsError, match="jwt_secret is empty"):
        kept_secret(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["jwt_secret"]


def test_processes_that_start_at_once_get_the_same(tmp_path: Path):
    """Or the token of one would be refused by the other."""
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        secrets = set(pool.map(kept_secret, [tmp_path] * 40, chunksize=1))
    assert len(secrets) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["jwt_secret"]
