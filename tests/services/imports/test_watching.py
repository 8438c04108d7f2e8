"""Folder watching: only complete files, each once, whatever else is in the folder."""

import dataclasses
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faxcloud.config import Settings
from faxcloud.errors import (
    DiskFull,
    EmptyFile,
    FaxCloudError,
    FolderNotFound,
    SourceChanged,
    SuffixNotAccepted,
)
from faxcloud.services.actors import current_actor
from faxcloud.services.imports.archives import Outcome
from faxcloud.services.imports.importer import ImportResult
from faxcloud.services.imports.watching import TRY_AGAIN_AFTER_S, FolderWatch, inbox_worker
from faxcloud.wiring import Services, build
from tests.waiting import wait_until

EXPORT = "Mode;Numéro appelé;Pages\nSF;33145221134;2\n"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    built = build(Settings(home=tmp_path / "store"))
    yield built
    built.close()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


ImportEach = Callable[[Path], Iterator[Outcome]]


@pytest.fixture
def import_each(services: Services) -> ImportEach:
    def import_one(path: Path, name: str) -> ImportResult:
        return services.imports.import_file(path, name=name)

    return lambda file: services.archives.outcomes(file, file.name, import_one)


@pytest.fixture
def watch(import_each: ImportEach, inbox: Path) -> FolderWatch:
    return FolderWatch(inbox, import_each)


def look(watch: FolderWatch) -> list[tuple[str, str]]:
    """What one look did: file names and what became of them."""
    return [(outcome.name, fate(outcome)) for outcome in watch.poll()]


def fate(outcome: Outcome) -> str:
    return outcome.error.code if outcome.error else f"{outcome.result.imported} faxes"


def test_a_file_is_imported_at_the_second_look_and_never_again(watch: FolderWatch, inbox: Path):
    (inbox / "a.csv").write_text(EXPORT, "utf-8")
    assert look(watch) == []
    assert look(watch) == [("a.csv", "1 faxes")]
    assert look(watch) == []
    assert (inbox / "a.csv").exists()


def test_a_file_that_grows_is_waited_for(watch: FolderWatch, inbox: Path):
    file = inbox / "a.csv"
    for line in EXPORT.splitlines(keepends=True):
        with file.open("a", encoding="utf-8") as part:
            part.write(line)
        assert look(watch) == []
    assert look(watch) == [("a.csv", "1 faxes")]


def test_a_file_written_over_with_as_many_bytes_is_waited_for(watch: FolderWatch, inbox: Path):
    file = inbox / "a.csv"
    file.write_text(EXPORT, "utf-8")
    assert look(watch) == []
    file.write_text(EXPORT.replace("2\n", "3\n"), "utf-8")
    os.utime(file, ns=(1, file.stat().st_mtime_ns + 1_000_000))  # a coarse clock may not have ticked
    assert look(watch) == []
    assert look(watch) == [("a.csv", "1 faxes")]


@pytest.mark.parametrize("name", ["a.pdf", "a"])
def test_a_file_that_is_not_called_like_an_export_is_reported_once(
    name: str, watch: FolderWatch, inbox: Path
):
    (inbox / name).write_text(EXPORT, "utf-8")
    assert look(watch) == []
    assert look(watch) == [(name, SuffixNotAccepted.code)]
    assert look(watch) == []


def test_each_member_of_a_zip_is_imported_and_each_refused_one_reported_once(watch: FolderWatch, inbox: Path):
    with zipfile.ZipFile(inbox / "a.zip", "w") as archive:
        archive.writestr("one.csv", EXPORT)
        archive.writestr("empty.csv", "")
        archive.writestr("two.csv", EXPORT + "RF;33145221134;3\n")
    assert look(watch) == []
    assert look(watch) == [
        ("a.zip/one.csv", "1 faxes"), ("a.zip/empty.csv", EmptyFile.code), ("a.zip/two.csv", "1 faxes"),
    ]  # fmt: skip
    assert look(watch) == []


@pytest.mark.parametrize(
    "name", [".a.csv", "~$a.xlsx", "a.csv.part", "a.csv.tmp", "a.csv.crdownload", "desktop.ini"]
)
def test_names_of_unfinished_files_and_of_the_system_are_not_looked_at(
    name: str, watch: FolderWatch, inbox: Path
):
    (inbox / name).write_text(EXPORT, "utf-8")
    assert look(watch) == look(watch) == []


def test_a_folder_that_is_called_like_an_export_is_not_looked_at(watch: FolderWatch, inbox: Path):
    (inbox / "a.csv").mkdir()
    assert look(watch) == look(watch) == []


def test_a_suffix_counts_in_capitals_too(watch: FolderWatch, inbox: Path):
    (inbox / "A.CSV").write_text(EXPORT, "utf-8")
    assert look(watch) == []
    assert look(watch) == [("A.CSV", "1 faxes")]


def test_what_was_imported_before_is_passed_over_in_silence(
    services: Services, watch: FolderWatch, inbox: Path
):
    (inbox / "a.csv").write_text(EXPORT, "utf-8")
    services.imports.import_file(inbox / "a.csv")
    assert look(watch) == look(watch) == look(watch) == []


def test_a_refused_file_is_reported_once_and_left_alone_until_it_changes(watch: FolderWatch, inbox: Path):
    file = inbox / "a.csv"
    file.touch()
    assert look(watch) == []
    assert look(watch) == [("a.csv", EmptyFile.code)]
    assert look(watch) == []
    file.write_text(EXPORT, "utf-8")
    assert look(watch) == []
    assert look(watch) == [("a.csv", "1 faxes")]


def test_a_refused_file_does_not_hold_up_the_others(watch: FolderWatch, inbox: Path):
    (inbox / "a.csv").touch()
    (inbox / "b.csv").write_text(EXPORT, "utf-8")
    assert look(watch) == []
    assert look(watch) == [("a.csv", EmptyFile.code), ("b.csv", "1 faxes")]


def test_a_new_watch_imports_nothing_twice(import_each: ImportEach, inbox: Path):
    (inbox / "a.csv").write_text(EXPORT, "utf-8")
    fates = []
    for _ in range(2):
        again = FolderWatch(inbox, import_each)
        fates += [*look(again), *look(again)]
    assert fates == [("a.csv", "1 faxes")]


@dataclasses.dataclass
class Troubled:
    """An import that is refused by errors that pass, one a call, then done by `real`."""

    errors: list[FaxCloudError]
    real: ImportEach

    def __call__(self, file: Path) -> Iterator[Outcome]:
        if self.errors:
            return iter([Outcome(file.name, error=self.errors.pop(0))])
        return self.real(file)


def test_what_says_nothing_about_the_file_is_tried_again_later_and_reported_once(
    import_each: ImportEach, inbox: Path
):
    full = DiskFull(needed=2, free=1)
    clock = [0.0]
    troubled = Troubled([full, full, SourceChanged(file="a.csv")], import_each)
    watch = FolderWatch(inbox, troubled, clock=lambda: clock[0])
    (inbox / "a.csv").write_text(EXPORT, "utf-8")
    fates = []
    for _ in range(6):
        fates.append([*look(watch), *look(watch)])
        clock[0] += TRY_AGAIN_AFTER_S
    assert fates == [
        [("a.csv", DiskFull.code)], [], [("a.csv", SourceChanged.code)], [("a.csv", "1 faxes")], [], [],
    ]  # fmt: skip


def test_a_folder_that_is_not_there_is_an_error(import_each: ImportEach, inbox: Path):
    gone = FolderWatch(inbox / "gone", import_each)
    with pytest.raises(FolderNotFound):
        list(gone.poll())


def test_once_ends_by_itself_and_stop_ends_at_once(watch: FolderWatch, inbox: Path):
    (inbox / "a.csv").write_text(EXPORT, "utf-8")
    never = threading.Event()
    assert [fate(outcome) for outcome in watch.outcomes(never, 0.01, once=True)] == ["1 faxes"]
    stopped = threading.Event()
    stopped.set()
    assert list(watch.outcomes(stopped, 3600)) == []


def test_the_server_imports_its_inbox_and_logs_what_it_refuses(
    services: Services, import_each: ImportEach, inbox: Path, caplog: pytest.LogCaptureFixture
):
    (inbox / "first.csv").write_bytes(b"")
    (inbox / "second.csv").write_text("Mode;Num\u00e9ro appel\u00e9;Pages\nSF;33145221134;1\n", "utf-8")
    actors = set()

    def take(file: Path):
        actors.add(current_actor().name)
        return import_each(file)

    with inbox_worker(inbox, take, every_s=0.01):
        wait_until(lambda: [report["file"] for report in services.reports.list()] == ["second.csv"])
    assert "first.csv is empty" in caplog.text
    assert actors == {"inbox"}
