"""Folder watching command."""

from pathlib import Path

from tests.cli.conftest import Faxcloud, small_export

ONCE = ("--once", "--every", "0.1")


def test_what_lies_in_a_folder_is_imported_once(faxcloud: Faxcloud, tmp_path: Path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    small_export(inbox)
    ran = faxcloud("watch", inbox, *ONCE, "--json")
    assert ran.code == 0
    assert ran.err == ""
    assert (ran.document["file"], ran.document["imported"]) == ("octobre.csv", 6)
    assert faxcloud("watch", inbox, *ONCE, "--json").out == ""


def test_a_refused_file_is_named_and_the_watch_goes_on(faxcloud: Faxcloud, tmp_path: Path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.csv").touch()
    small_export(inbox)
    ran = faxcloud("watch", inbox, *ONCE)
    assert ran.code == 0
    assert "a.csv is empty" in ran.err
    assert "octobre.csv" in ran.out


def test_a_folder_that_is_not_there_is_refused(faxcloud: Faxcloud, tmp_path: Path):
    ran = faxcloud("watch", tmp_path / "gone", *ONCE, "--json")
    assert ran.code == 1
    assert ran.document["error"]["code"] == "folder.not_found"
