"""Privacy records (retention, erasure) in the catalogue, in SQLite and PostgreSQL."""

from __future__ import annotations

import datetime as dt

from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.changes.expiring import EXPIRY, add_expired
from faxcloud.store.changes.two_phase import Intention, intend, intended, settle
from faxcloud.store.lake.table import Lake
from faxcloud.store.reading.rejects import Reject
from faxcloud.store.records import reports
from faxcloud.store.records.certificates import (
    add_to_tally,
    backups_made,
    certify,
    count_erased,
    list_certificates,
    tally,
)
from faxcloud.store.records.reject_texts import blank_rejects, per_report, rejects_quoting
from faxcloud.store.records.retention import (
    audit_events_before,
    blank_rejects_before,
    rejects_before,
    reports_before,
)
from tests.small_lake import small_lake
from tests.store.test_report_records import FACTS

LATER = dt.timedelta(days=1)


def staged(catalogue: Catalogue, *texts: str) -> str:
    """A report that is ready, with rejects."""
    with catalogue.write() as conn:
        report_id = reports.begin_report(conn, reports.NewReport(file_name="x.csv", bytes=9, owner="me"))
        rejected = [Reject(line, "columns.few", text) for line, text in enumerate(texts, 1)]
        reports.stage_report(conn, report_id, report_id, FACTS, rejected)
        reports.finish_report(conn, report_id)
    return report_id


def test_texts_of_rejects_go_by_the_day_of_their_import(catalogue):
    report_id = staged(catalogue, "a;b", "", "c")
    with catalogue.write() as conn:
        now = utc_now()
        assert (rejects_before(conn, now - LATER), reports_before(conn, now - LATER)) == (0, [])
        assert (rejects_before(conn, now + LATER), reports_before(conn, now + LATER)) == (2, [report_id])
        assert blank_rejects_before(conn, now + LATER) == 2
        assert rejects_before(conn, now + LATER) == 0
        assert len(list(reports.iter_rejects(conn, report_id))) == 3
        assert audit_events_before(conn, now + LATER) == 0


def test_only_the_rejects_that_quote_somebody_lose_their_text(catalogue):
    first, second = staged(catalogue, "Martin;1", "Durand;2"), staged(catalogue, "3;Martin")
    with catalogue.write() as conn:
        quoted = rejects_quoting(conn, lambda text: "Martin" in text)
        assert per_report(quoted) == {first: 1, second: 1}
        assert blank_rejects(conn, quoted) == 2
        assert [reject.text for reject in reports.iter_rejects(conn, first)] == ["", "Durand;2"]
        assert rejects_quoting(conn, lambda text: "Martin" in text) == []


def test_a_commit_is_counted_once_if_it_landed_and_never_if_not(catalogue, tmp_path):
    report_id = staged(catalogue)
    lake: Lake = small_lake(tmp_path / "lake").lake
    for transaction, expected in (("r1", 2), ("expire-none", 2)):
        with catalogue.write() as conn:
            intend(conn, EXPIRY, Intention(transaction, {report_id: 2, "gone": 1}))
        for _ in range(2):
            settle(catalogue, lake, EXPIRY, add_expired)
        with catalogue.read() as conn:
            assert intended(conn, EXPIRY) is None
            assert reports.get_report(conn, report_id).expired == expected


def test_a_tally_grows_until_the_certificate_is_written(catalogue):
    now = utc_now()
    with catalogue.write() as conn:
        count_erased(conn, Intention("erase-1", {"r1": 2}, "s_x"))
        count_erased(conn, Intention("erase-2", {"r1": 1, "r2": 5}, "s_x"))
        add_to_tally(conn, "s_x", rejects=3)
        add_to_tally(conn, "s_x", rejects=1, changes=0)
        assert tally(conn, "s_x") == {"faxes": {"r1": 3, "r2": 5}, "rejects": 4, "changes": 0}
        assert tally(conn, "s_y") == {"faxes": {}}
        certify(conn, "s_x", now, {"erasure_id": "1", "é": [1]})
        certify(conn, "s_x", now + LATER, {"erasure_id": "2"})
    with catalogue.read() as conn:
        assert tally(conn, "s_x") == {"faxes": {}}
        assert list_certificates(conn) == [{"erasure_id": "2"}, {"erasure_id": "1", "é": [1]}]
        assert backups_made(conn) == []
