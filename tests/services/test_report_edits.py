"""Edits of an import's contract and period: permissions, limits, audit events."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from faxcloud.config import Settings
from faxcloud.errors import NotAllowed, OutOfScope, ReportBusy, ReportEditInvalid, ReportNotFound
from faxcloud.services.actors import Actor, acting
from faxcloud.store.catalogue.owners import this_process
from faxcloud.store.records.reports import NewReport, begin_report
from faxcloud.wiring import Services, build
from tests.ui.conftest import HEADER, record

FIRST, LAST = dt.date(2026, 3, 1), dt.date(2026, 3, 31)
ANN = Actor("key:a", "analyst", contracts=("C1",))


@dataclass(frozen=True)
class Store:
    services: Services
    report_id: str

    def log(self) -> str:
        return (self.services.settings.logs_folder / "audit.log").read_text("utf-8")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    services = build(Settings(home=tmp_path / "store"))
    file = tmp_path / "march.csv"
    file.write_text(f"{HEADER}\n{record()}\n", "utf-8")
    yield Store(services, services.imports.import_file(file, contract="C1").report_id)
    services.close()


def test_an_edit_is_kept_and_audited(store: Store):
    reports, before = store.services.reports, store.services.reports.version()
    edited = reports.edit(store.report_id, contract=" C9 ", start=FIRST, end=LAST)
    assert (edited["contract"], edited["start"], edited["end"]) == ("C9", FIRST, LAST)
    assert reports.show(store.report_id) == edited
    assert reports.version() > before
    assert '"report.edit"' in store.log()
    assert "C9" not in store.log()


def test_an_edit_that_changes_nothing_leaves_no_trace(store: Store):
    before = store.services.reports.version()
    store.services.reports.edit(store.report_id, contract="C1", start=None, end=None)
    assert store.services.reports.version() == before
    assert "report.edit" not in store.log()


def test_a_blank_contract_is_none(store: Store):
    assert (
        store.services.reports.edit(store.report_id, contract="  ", start=None, end=None)["contract"] is None
    )


def test_whoever_sees_a_contract_sees_the_report_from_then_on_and_the_others_no_more(store: Store):
    bob = Actor("key:b", "viewer", contracts=("C2",))
    with acting(bob), pytest.raises(ReportNotFound):
        store.services.reports.show(store.report_id)
    store.services.reports.edit(store.report_id, contract="C2", start=None, end=None)
    with acting(bob):
        assert store.services.reports.show(store.report_id)["contract"] == "C2"
    with acting(ANN), pytest.raises(ReportNotFound):
        store.services.reports.show(store.report_id)


@pytest.mark.parametrize("contract", ["C2", None])
def test_a_limited_key_moves_no_report_out_of_its_contracts(contract: str | None, store: Store):
    with acting(ANN), pytest.raises(OutOfScope):
        store.services.reports.edit(store.report_id, contract=contract, start=None, end=None)
    with acting(ANN):
        assert (
            store.services.reports.edit(store.report_id, contract="C1", start=FIRST, end=None)["start"]
            == FIRST
        )


def test_a_key_of_one_report_shows_it_to_no_contract(store: Store):
    with acting(Actor("key:a", "analyst", reports=(store.report_id,))), pytest.raises(OutOfScope):
        store.services.reports.edit(store.report_id, contract="C2", start=None, end=None)


def test_a_viewer_edits_nothing(store: Store):
    with acting(Actor("key:v", "viewer")), pytest.raises(NotAllowed):
        store.services.reports.edit(store.report_id, contract="C2", start=None, end=None)


@pytest.mark.parametrize(
    ("contract", "start", "end", "name"),
    [("x" * 201, None, None, "contract"), ("a\nb", None, None, "contract"), ("C", LAST, FIRST, "end")],
)
def test_what_no_report_can_have_is_refused(
    contract: str, start: dt.date | None, end: dt.date | None, name: str, store: Store
):
    with pytest.raises(ReportEditInvalid) as refused:
        store.services.reports.edit(store.report_id, contract=contract, start=start, end=end)
    assert refused.value.values["name"] == name
    assert store.services.reports.show(store.report_id)["contract"] == "C1"


def test_a_period_of_one_day_is_one(store: Store):
    edited = store.services.reports.edit(store.report_id, contract="C1", start=FIRST, end=FIRST)
    assert (edited["start"], edited["end"]) == (FIRST, FIRST)


def test_a_report_that_is_being_imported_is_not_edited(store: Store):
    new = NewReport(file_name="b.csv", bytes=1, owner=this_process())
    with store.services._catalogue.write() as conn:
        report_id = begin_report(conn, new)
    with pytest.raises(ReportBusy):
        store.services.reports.edit(report_id, contract="C1", start=None, end=None)


def test_an_unknown_report_is_not_found(store: Store):
    with pytest.raises(ReportNotFound):
        store.services.reports.edit("nothing", contract="C1", start=None, end=None)
