"""Erasure of a person: no trace is left, nothing else changes, and the certificate is valid."""

from __future__ import annotations

import csv
import datetime as dt
import io
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest

from faxcloud.domain.alerts import AlertRule
from faxcloud.domain.filters import Filters, Paging
from faxcloud.domain.mailings import Mailing, Recipient
from faxcloud.domain.pseudonyms import pseudonym
from faxcloud.domain.schedules import Schedule
from faxcloud.errors import FilterInvalid, NotAllowed, StoreBusy
from faxcloud.services.actors import Actor, acting
from faxcloud.services.validation.revalidation import LEASE_S, REWRITE_LEASE
from faxcloud.store.catalogue.leases import HeldLease
from faxcloud.store.catalogue.owners import this_process
from faxcloud.store.keyfiles import secret_of
from faxcloud.store.records import reports
from faxcloud.store.records.mailings import Mail, new_mail_id, queue_mails
from faxcloud.store.records.webhooks import add_webhook
from tests.live_store import stored_rows
from tests.privacy_store import MARTIN, NUMBER, PrivateStore, places_of, private_store

FIRST = (
    f"701;{MARTIN};emile@chu.example;SF;05/10/2026 08:30;0327936943;33612345678;0",
    "702;Accueil;accueil@chu.example;RF;05/10/2026 09:00;01 45 22 11 34;33327936943;3",
    "703;Accueil;accueil@chu.example;SF;06/10/2026 10:15;33327936943;+33 1 45 22 11 34;abc",
    "704;Bloc;bloc@chu.example;XX;hier;33327936943;33327936944;1",
)
SECOND = (
    "801;émile  MARTIN;;SF;07/10/2026 12:00;;+33 (0)1 45 22 11 34;2",
    "802;Bloc;bloc@chu.example;SF;07/10/2026 13:00;33327936943;33145221135;2",
    f'803;"{MARTIN}";x;SF;07/10/2026 13:00;33327936943;33145221134;2;trop;de;colonnes;ici',
)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def store(home):
    with private_store(home) as opened:
        yield opened


def counted(store: PrivateStore) -> dict[str, object]:
    summary = store.services.summaries
    rules = {row["key"]: row["violations"] for row in summary.breakdown(Filters(), "rule")}
    values = dict(summary.summary(Filters()).values)
    values.pop("users")  # an erased name is no user any more
    return {**values, "rules": rules}


def test_an_erased_person_is_counted_as_before_and_found_nowhere_on_the_disk(store, home):
    first, second = store.put(FIRST), store.put(SECOND, "second.csv")
    store.services.validation.run("faxcloud-1")  # leaves earlier versions and a list of what changed
    before = counted(store)
    found = store.privacy.find(person=" émile martin")
    assert found["faxes"] == {first: 1, second: 1}
    assert found["rejects"] == {second: 1}
    assert found["changes"] == 1
    assert places_of(home, MARTIN) != []
    certificate = store.privacy.erase(person="ÉMILE MARTIN")
    assert counted(store) == before
    assert places_of(home, MARTIN) == []
    assert places_of(home, "emile@chu.example") == []
    assert certificate["faxes"] == {first: 1, second: 1}
    assert (certificate["faxes_total"], certificate["rejects"], certificate["changes"]) == (2, 1, 1)
    assert store.privacy.find(person=MARTIN)["faxes_total"] == 0
    assert store.services.maintenance.check() == []
    others = [row for row in stored_rows(home) if row["user_name"] in ("Accueil", "Bloc")]
    assert sorted(row["fax_id"] for row in others) == ["702", "703", "704", "802"]


def test_what_people_have_set_up_about_somebody_goes_with_them(store, home):
    store.put(FIRST)
    services = store.services
    watched = {"metric": "invalid", "comparison": "above", "threshold": 0, "window": "report"}
    for user in (MARTIN, "Accueil"):
        rule = AlertRule.from_dict({"name": f"of {user}", "scope": "user", "scope_value": user, **watched})
        services.alerts.save_rule(rule)
        services.views.save(f"faxes of {user}", "explore", {"user": user})
        services.shares.create(Filters(), title=f"For {user}")
    readers = (Recipient("emile@chu.example"), Recipient("accueil@chu.example"))
    services.mailings.create(Mailing("All", Schedule("daily"), readers))
    services.alerts.evaluate()
    assert store.privacy.find(person=MARTIN)["choices"] == 4  # a rule, its alert, a view, a link
    assert store.privacy.find(person="emile@chu.example")["choices"] == 1  # a reader
    certificates = [store.privacy.erase(person=person) for person in (MARTIN, "emile@chu.example")]
    assert [certificate["choices"] for certificate in certificates] == [4, 1]
    assert [each.rule.scope_value for each in services.alerts.rules()] == ["Accueil"]
    assert {each.rule.scope_value for each in services.alerts.alerts()} <= {"Accueil"}
    assert [view.params["user"] for view in services.views.list()] == ["Accueil"]
    assert [link["title"] for link in services.shares.list()] == ["For Accueil"]
    (mailing,) = services.mailings.list()
    assert "emile" not in str(mailing)
    assert places_of(home, MARTIN) == []
    assert places_of(home, "emile@chu.example") == []


def test_contracts_webhooks_and_idempotency_keys_that_name_somebody_are_erased(store, home):
    report_id = store.put(FIRST)
    services, contract = store.services, f"Cabinet {MARTIN}"
    services.reports.edit(report_id, contract=contract, start=None, end=None)
    key = services.keys.create("Cabinet", "analyst", contracts=[contract]).key
    with store.catalogue.write() as conn:
        for path in (quote(MARTIN), "all"):
            add_webhook(conn, f"https://hooks.example/{path}", "upload_complete", "secret", "system")
    for name in (f"import of {MARTIN}", "import of today"):
        services.idempotency.begin("key:x", name, "fingerprint")
    assert store.privacy.find(person=MARTIN)["choices"] == 2
    assert store.privacy.erase(person=MARTIN)["choices"] == 2
    assert places_of(home, MARTIN) == []
    assert places_of(home, quote(MARTIN)) == []
    assert services.reports.show(report_id)["contract"].startswith("erased-")
    with acting(services.keys.authenticate(key)):
        assert [report["report_id"] for report in services.reports.list()] == [report_id]
    (webhook,) = services.webhooks.list()["webhooks"].values()
    assert webhook["url"] == "https://hooks.example/all"


def test_whoever_was_told_by_mail_or_channel_is_forgotten_too(store, home):
    services = store.services
    reader, other = Recipient("emile@chu.example"), Recipient("accueil@chu.example")
    mailings = services.mailings
    mailing_id = mailings.create(Mailing("All", Schedule("daily"), (reader, other)))
    with services._catalogue.write() as conn:
        queue_mails(conn, [mail_of(mailing_id, reader.address), mail_of(mailing_id, other.address)])
    mailings.change(mailing_id, Mailing("All", Schedule("daily"), (other,)))
    for number, url in enumerate(("json://example.org/?to=emile%40chu.example", "json://example.org/"), 1):
        services.channels.add(f"Channel {number}", url, "fr")
    assert store.privacy.find(person="emile@chu.example")["choices"] == 2  # what was sent, a channel
    assert store.privacy.erase(person="emile@chu.example")["choices"] == 2
    assert [each["name"] for each in services.channels.list()] == ["Channel 2"]
    assert [mail["recipient"] for mail in mailings.mails(mailing_id)["results"]] == [other.address]
    assert places_of(home, "emile@chu.example") == []


def mail_of(mailing_id: str, address: str) -> Mail:
    day = dt.date(2026, 3, 9)
    at = dt.datetime(2026, 3, 10, 7, tzinfo=dt.UTC)
    sent = (mailing_id, at, address, day, day, "sent", 1, at)
    return Mail(new_mail_id(), *sent, finished_at=at)  # type: ignore[arg-type]  # a literal state


def test_an_erased_number_is_found_however_it_was_written(store, home):
    first, second = store.put(FIRST), store.put(SECOND, "second.csv")
    before = counted(store)
    certificate = store.privacy.erase(number="01.45.22.11.34")
    assert certificate["faxes"] == {first: 2, second: 1}
    assert counted(store) == before
    assert places_of(home, NUMBER) == []
    assert places_of(home, "1 45 22 11 34") == []
    rows = {row["line"]: row for row in stored_rows(home) if row["report_id"] == first}
    assert rows[2]["sender_number"] == "01 40 00 00 00"
    assert (rows[3]["called_text"], rows[3]["number"]) == ("+33 1 00 00 00 00", "33100000000")
    assert (rows[3]["raw_pages"], rows[3]["user_name"], rows[3]["fax_id"]) == ("erased", "", "")
    assert rows[1]["user_name"] == MARTIN
    assert store.services.validation.run("faxcloud-1").changed == 1
    assert store.services.validation.run("faxcloud-3").changed == 1
    assert counted(store) == before


def test_a_certificate_says_what_was_looked_at_and_cannot_be_changed(store):
    store.put(FIRST)
    with acting(Actor("key:dpo")):
        certificate = store.privacy.erase(number=NUMBER)
    assert certificate["actor"] == "key:dpo"
    assert certificate["verification"]["faxes_in_files"] == 0
    assert certificate["verification"]["files_read"] == 1
    assert certificate["files_removed"] >= 1
    assert {"backups", "source_files"} <= {item["what"] for item in certificate["not_covered"]}
    assert NUMBER not in str(certificate)
    assert store.privacy.certificates() == [certificate]
    assert store.privacy.verify_certificate(certificate)
    assert not store.privacy.verify_certificate(certificate | {"faxes_total": 7})
    assert not store.privacy.verify_certificate({"signature": None})


def test_erasing_again_finds_nothing_and_certifies_that(store):
    store.put(FIRST)
    first = store.privacy.erase(person=MARTIN)
    again = store.privacy.erase(person=MARTIN)
    assert (first["faxes_total"], again["faxes_total"], again["files_rewritten"]) == (1, 0, 0)
    assert first["subject"] == again["subject"]
    assert [found["erasure_id"] for found in store.privacy.certificates()] == [
        again["erasure_id"],
        first["erasure_id"],
    ]


def test_an_empty_store_can_be_searched_and_erased(store):
    assert store.privacy.find(number=NUMBER)["faxes_total"] == 0
    assert store.privacy.erase(number=NUMBER)["faxes_total"] == 0


def test_an_erasure_waits_for_nobody_and_refuses_beside_writers(store):
    store.put(FIRST)
    with store.catalogue.write() as conn:
        reports.begin_report(conn, reports.NewReport(file_name="x", bytes=1, owner=this_process()))
    with pytest.raises(StoreBusy, match="an import or a deletion"):
        store.privacy.erase(number=NUMBER)
    with (
        HeldLease(store.catalogue, REWRITE_LEASE, LEASE_S, lambda _: AssertionError("taken")),
        pytest.raises(StoreBusy, match="re-validation"),
    ):
        store.privacy.erase(number=NUMBER)
    assert store.privacy.find(number=NUMBER)["faxes_total"] == 2


@pytest.mark.parametrize(
    "subject",
    [{}, {"number": "3631"}, {"number": "33100000000"}, {"person": "  "}, {"number": NUMBER, "person": "x"}],
)
def test_what_is_nobody_is_refused_without_repeating_it(store, subject):
    with pytest.raises(FilterInvalid) as refused:
        store.privacy.erase(**subject)
    assert "…" in refused.value.message


def test_only_an_administrator_of_everything_may_erase(store):
    for actor in (Actor("key:a", "analyst"), Actor("key:b", "admin", reports=("r1",))):
        with acting(actor), pytest.raises(NotAllowed):
            store.privacy.erase(number=NUMBER)


def test_another_process_that_has_the_store_open_reads_on(store, home):
    store.put(FIRST)
    with private_store(home) as other:
        assert other.services.search.page(Filters(user=MARTIN), Paging()).total == 1
        store.privacy.erase(person=MARTIN)
        store.put(SECOND[1:2], "second.csv")
        assert other.services.search.page(Filters(user=MARTIN), Paging()).total == 0
        assert other.services.search.page(Filters(), Paging()).total == 5
        assert other.services.maintenance.check() == []


def test_a_pseudonymised_export_names_nobody_and_counts_alike(store, home, tmp_path):
    store.put(FIRST)
    written = b"".join(store.privacy.stream_pseudonymised(Filters(), "csv")).decode()
    rows = list(csv.DictReader(io.StringIO(written)))
    assert len(rows) == len(FIRST)
    for secret in (MARTIN, "Accueil", "chu.example", "0145", "45221134", "33327936943", "hier"):
        assert secret not in written
    # Pseudonyms are hexadecimal: any may hold these three digits.
    assert "702" not in written.replace("\n", ",").split(",")
    key = secret_of(home / "keys", "pseudonyms")
    assert rows[0]["utilisateur"] == pseudonym(key, "u", MARTIN)
    assert rows[1]["numero_envoi"] == rows[2]["numero_normalise"] == pseudonym(key, "n", NUMBER)
    assert [row["mode"] for row in rows] == ["SF", "RF", "SF", "OTHER"]
    assert rows[2]["date_heure"] == "2026-10-06 10:15:00"
    target = tmp_path / "out.parquet"
    assert store.privacy.pseudonymised(Filters(), "parquet", target) == len(FIRST)
    assert [row["fax_id"] for row in pq.read_table(target).to_pylist()] == [row["fax_id"] for row in rows]
