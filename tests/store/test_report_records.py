import dataclasses
import datetime as dt
import threading
from collections.abc import Callable

import pytest

from faxcloud.errors import AlreadyImported, ReportBusy, ReportNotFound
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.data_versions import data_version
from faxcloud.store.reading.rejects import Reject
from faxcloud.store.records.reports import (
    NewReport,
    ReportFacts,
    begin_report,
    delete_report,
    fail_report,
    finish_report,
    get_report,
    heartbeat_report,
    iter_rejects,
    list_reports,
    mark_deleting,
    reports_of_size,
    stage_report,
    unfinished_reports,
)

FACTS = ReportFacts(
    encoding="windows-1252",
    delimiter=";",
    ruleset="faxcloud-3@0a1b2c3d",
    records=5_000_000_000,
    imported=4_999_999_998,
    rejected=2,
    blank=0,
    sent=2_000_000_000,
    received=2_999_999_000,
    unknown_mode=998,
    pages=9_000_000_000,
    pages_sent=4_000_000_000,
    pages_received=5_000_000_000,
    valid=4_999_999_000,
    invalid=998,
    violations={"mode.unknown": 998},
    warnings={"date.missing": 1},
    unknown_columns=("Coût", "nul\x00"),
    replaced_values=3,
    seconds=12.5,
    first_at=dt.datetime(2026, 10, 25, 2, 30),  # noqa: DTZ001 - local time, in the hour that occurs twice
    last_at=dt.datetime(2026, 10, 31, 23, 59),  # noqa: DTZ001
)
REJECTS = (Reject(7, "columns.few", "a;b"), Reject(9, "quote.unclosed", 'é"\n;😀'))


def new_report(catalogue: Catalogue, **values: object) -> str:
    with catalogue.write() as conn:
        new = NewReport(file_name="october.csv", bytes=100, owner="host|1|1.0")
        return begin_report(conn, dataclasses.replace(new, **values))


def staged_report(catalogue: Catalogue, sha256: str = "ab") -> str:
    report_id = new_report(catalogue)
    with catalogue.write() as conn:
        stage_report(conn, report_id, sha256, FACTS, REJECTS)
    return report_id


def ready_report(catalogue: Catalogue, sha256: str = "ab") -> str:
    report_id = staged_report(catalogue, sha256)
    with catalogue.write() as conn:
        finish_report(conn, report_id)
    return report_id


def test_a_report_begins_with_what_is_known_before_reading(catalogue: Catalogue) -> None:
    before = dt.datetime.now(dt.UTC)
    start, end = dt.date(2026, 10, 1), dt.date(2026, 10, 31)
    report_id = new_report(catalogue, contract="C-1", period_start=start, period_end=end, is_sample=True)
    with catalogue.read() as conn:
        report = get_report(conn, report_id)
    assert (report.state, report.file_name, report.bytes) == ("importing", "october.csv", 100)
    assert (report.contract, report.period_start, report.period_end) == ("C-1", start, end)
    assert (report.is_sample, report.sha256, report.facts) == (True, None, None)
    assert before <= report.created_at <= dt.datetime.now(dt.UTC)
    assert report.created_at.utcoffset() == dt.timedelta(0)
    assert report_id.startswith(f"{report.created_at:%Y%m%d-%H%M%S}-")


def test_facts_come_back_as_they_were_stored(catalogue: Catalogue) -> None:
    report_id = staged_report(catalogue)
    with catalogue.read() as conn:
        report = get_report(conn, report_id)
    assert report.state == "committing"
    assert report.sha256 == "ab"
    assert report.facts is not None
    assert dataclasses.replace(report.facts, unknown_columns=tuple(report.facts.unknown_columns)) == FACTS


def test_finishing_makes_it_ready_once_and_counts_the_change(catalogue: Catalogue) -> None:
    report_id = staged_report(catalogue)
    for _ in range(2):
        with catalogue.write() as conn:
            finish_report(conn, report_id)
    with catalogue.read() as conn:
        report = get_report(conn, report_id)
        assert report.state == "ready"
        assert report.finished_at is not None
        assert data_version(conn, "reports") == 1


def test_a_report_that_was_not_staged_cannot_be_finished(catalogue: Catalogue) -> None:
    report_id = new_report(catalogue)
    with pytest.raises(ReportBusy, match="importing"), catalogue.write() as conn:
        finish_report(conn, report_id)


@pytest.mark.parametrize("first", [staged_report, ready_report])
def test_the_same_bytes_are_refused_naming_the_report_that_has_them(
    catalogue: Catalogue, first: Callable[[Catalogue], str]
) -> None:
    first_id = first(catalogue)
    second_id = new_report(catalogue, file_name="again.csv")
    with pytest.raises(AlreadyImported) as caught, catalogue.write() as conn:
        stage_report(conn, second_id, "ab", FACTS, REJECTS)
    assert caught.value.values["report_id"] == first_id
    assert caught.value.values["file"] == "again.csv"
    with catalogue.read() as conn:
        assert get_report(conn, second_id).state == "importing"
        assert list(iter_rejects(conn, second_id)) == []


def test_the_same_bytes_are_taken_when_forced(catalogue: Catalogue) -> None:
    ready_report(catalogue)
    second_id = new_report(catalogue)
    with catalogue.write() as conn:
        stage_report(conn, second_id, "ab", FACTS, REJECTS, force=True)
    with catalogue.read() as conn:
        assert get_report(conn, second_id).state == "committing"


def test_the_same_bytes_are_taken_after_a_failure_or_a_deletion(catalogue: Catalogue) -> None:
    failed_id = staged_report(catalogue)
    with catalogue.write() as conn:
        fail_report(conn, failed_id, "import.disk_full", "The disk is full.")
    deleted_id = ready_report(catalogue)
    with catalogue.write() as conn:
        mark_deleting(conn, deleted_id, "me")
    third_id = ready_report(catalogue)
    with catalogue.read() as conn:
        assert get_report(conn, third_id).state == "ready"


def test_of_two_imports_of_the_same_bytes_at_once_one_is_refused(catalogue: Catalogue) -> None:
    report_ids = [new_report(catalogue), new_report(catalogue)]
    barrier = threading.Barrier(2)
    refused: list[str] = []

    def stage(report_id: str) -> None:
        barrier.wait()
        try:
            with catalogue.write() as conn:
                stage_report(conn, report_id, "ab", FACTS, REJECTS)
        except AlreadyImported:
            refused.append(report_id)

    threads = [threading.Thread(target=stage, args=(report_id,)) for report_id in report_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with catalogue.read() as conn:
        states = sorted(get_report(conn, report_id).state for report_id in report_ids)
    assert states == ["committing", "importing"]
    assert len(refused) == 1


def test_rejects_are_streamed_in_the_order_of_lines(catalogue: Catalogue) -> None:
    report_id = new_report(catalogue)
    with catalogue.write() as conn:
        many = (Reject(line, "columns.many", f"text {line}") for line in range(5_000, 0, -1))
        stage_report(conn, report_id, "ab", FACTS, many)
    with catalogue.read() as conn:
        rejects = iter_rejects(conn, report_id)
        assert next(rejects) == Reject(1, "columns.many", "text 1")
        assert [reject.line for reject in rejects] == list(range(2, 5_001))


def test_the_text_of_a_reject_comes_back_as_it_was_but_for_nul(catalogue: Catalogue) -> None:
    report_id = new_report(catalogue)
    hostile = Reject(2**40, "columns.few", "'; DROP TABLE rejects;--\t%s\x00\x1b[31m\U0001f4e0")
    with catalogue.write() as conn:
        stage_report(conn, report_id, "ab", FACTS, [*REJECTS, hostile])
    with catalogue.read() as conn:
        shown = dataclasses.replace(hostile, text=hostile.text.replace("\x00", "␀"))
        assert list(iter_rejects(conn, report_id)) == [*REJECTS, shown]


def test_a_failed_report_stays_in_the_list_without_its_rejects(catalogue: Catalogue) -> None:
    report_id = staged_report(catalogue)
    with catalogue.write() as conn:
        fail_report(conn, report_id, "import.source_changed", "october.csv changed.")
    with catalogue.read() as conn:
        report = get_report(conn, report_id)
        assert (report.state, report.error_code) == ("failed", "import.source_changed")
        assert report.error_message == "october.csv changed."
        assert list(iter_rejects(conn, report_id)) == []


def test_a_ready_report_cannot_fail(catalogue: Catalogue) -> None:
    report_id = ready_report(catalogue)
    with pytest.raises(ReportBusy, match="ready"), catalogue.write() as conn:
        fail_report(conn, report_id, "error", "late")


def test_a_report_that_is_being_imported_cannot_be_deleted(catalogue: Catalogue) -> None:
    report_id = staged_report(catalogue)
    with pytest.raises(ReportBusy, match="committing"), catalogue.write() as conn:
        mark_deleting(conn, report_id, "me")


def test_a_deleted_report_takes_its_rejects_along_and_no_others(catalogue: Catalogue) -> None:
    kept, gone = ready_report(catalogue, "ab"), ready_report(catalogue, "cd")
    with catalogue.write() as conn:
        mark_deleting(conn, gone, "me")
        delete_report(conn, gone)
    with catalogue.read() as conn:
        assert [report.report_id for report in list_reports(conn)] == [kept]
        assert list(iter_rejects(conn, gone)) == []
        assert list(iter_rejects(conn, kept)) == list(REJECTS)


def test_a_report_that_does_not_exist_is_named(catalogue: Catalogue) -> None:
    with catalogue.write() as conn:
        for act in (get_report, delete_report, finish_report, heartbeat_report):
            with pytest.raises(ReportNotFound, match="20260101-000000-aaaaaa"):
                act(conn, "20260101-000000-aaaaaa")


def test_only_reports_that_are_kept_may_be_the_same_file(catalogue: Catalogue) -> None:
    ready, staged = ready_report(catalogue, "ab"), staged_report(catalogue, "cd")
    failed = staged_report(catalogue, "ef")
    new_report(catalogue)
    with catalogue.write() as conn:
        fail_report(conn, failed, "error", "")
    with catalogue.read() as conn:
        assert {report.report_id for report in reports_of_size(conn, 100)} == {ready, staged}
        assert reports_of_size(conn, 101) == []


def test_unfinished_reports_are_those_in_the_middle_of_something(catalogue: Catalogue) -> None:
    ready_report(catalogue, "ab")
    deleting = ready_report(catalogue, "cd")
    staged, begun, failed = staged_report(catalogue, "ef"), new_report(catalogue), new_report(catalogue)
    with catalogue.write() as conn:
        mark_deleting(conn, deleting, "me")
        fail_report(conn, failed, "error", "")
    with catalogue.read() as conn:
        assert [report.report_id for report in unfinished_reports(conn)] == [deleting, staged, begun]


def test_reports_are_listed_newest_first(catalogue: Catalogue) -> None:
    report_ids = [new_report(catalogue) for _ in range(5)]
    with catalogue.read() as conn:
        assert [report.report_id for report in list_reports(conn)] == report_ids[::-1]


def test_a_heartbeat_moves_forward(catalogue: Catalogue) -> None:
    report_id = new_report(catalogue)
    with catalogue.write() as conn:
        before = get_report(conn, report_id).heartbeat_at
        heartbeat_report(conn, report_id)
        assert get_report(conn, report_id).heartbeat_at > before
