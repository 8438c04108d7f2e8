"""Scheduled e-mails over a real store, to a real SMTP server that accepts, refuses and disconnects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pypdf import PdfReader

from faxcloud.config import Settings
from faxcloud.domain.erasing import Subject
from faxcloud.domain.filters import Filters
from faxcloud.domain.mailings import Mailing, Recipient
from faxcloud.domain.schedules import Schedule
from faxcloud.errors import MailingInvalid, MailingNotFound, MailServerMissing, MakerGone, NotAllowed
from faxcloud.i18n import translator
from faxcloud.services.actors import SYSTEM, Actor, acting
from faxcloud.services.mailings.outbox import DELAYS_S, KEPT_DAYS, PAUSE_S
from faxcloud.services.mailings.recipients import erase_readers, mailings_naming
from faxcloud.services.mailings.schedule import MOST_MISSED
from faxcloud.services.mailings.scheduled import Mailings
from faxcloud.store.records.mailings import MAILS
from faxcloud.wiring import Services, build
from tests.dead_process import dead_process
from tests.mail_receiver import HANG_UP, MailReceiver, files_of, receiving_mail, text_of

HEADER = "Fax ID;Utilisateur;Mode;Date et heure du fax;Numéro appelé;Nombre de page réel"
LAST_WEEK = Filters(start_date=dt.date(2026, 3, 2), end_date=dt.date(2026, 3, 8))
MONDAY = dt.datetime(2026, 3, 9, 7, tzinfo=dt.UTC)  # 8 o'clock in Paris, 11 in Réunion
ANN = Recipient("ann@example.org", "fr", "Europe/Paris")
BOB = Recipient("bob@example.org", "en", "Europe/Paris")
OVERSEAS = Recipient("eve@example.org", "en", "Indian/Reunion")


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = MONDAY - dt.timedelta(days=1)

    def __call__(self) -> dt.datetime:
        return self.now

    def forward(self, **parts: float) -> None:
        self.now += dt.timedelta(**parts)


class Office:
    """A store of a few faxes, and mailings by a clock that the test moves."""

    def __init__(self, services: Services, receiver: MailReceiver) -> None:
        self.services = services
        self.receiver = receiver
        self.clock = Clock()
        self.mailings = self.another()

    def another(self, **settings: Any) -> Mailings:
        """Another server over the same store."""
        services = self.services
        given = services.settings.model_copy(
            update={"smtp_url": SecretStr(self.receiver.url), "public_url": "https://fax.example.org"}
            | settings
        )
        return Mailings(
            given,
            services._catalogue,
            services.journal,
            services.keys,
            services.accounts,
            services.papers,
            clock=self.clock,
        )

    def make(self, *recipients: Recipient, **values: Any) -> str:
        given: dict[str, Any] = {
            "name": "Fax de la radiologie",
            "schedule": Schedule("weekly"),
            "attached": (),
        }
        return self.mailings.create(Mailing(recipients=recipients or (ANN,), **given | values))

    def round(self) -> int:
        return self.mailings._outbox.send_due()

    def mails(self, mailing_id: str) -> list[dict[str, Any]]:
        return list(self.mailings.mails(mailing_id)["results"])

    def states(self, mailing_id: str) -> dict[str, str]:
        return {mail["recipient"]: mail["state"] for mail in self.mails(mailing_id)}

    def notes(self, action: str) -> list[dict[str, Any]]:
        return list(self.services.audit.log(500, action=action).results)


def import_faxes(services: Services, folder: Path, contract: str | None, rows: list[str]) -> str:
    path = folder / f"{contract}.csv"
    path.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    return services.imports.import_file(path, contract=contract).report_id


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("mailings")
    opened = build(Settings(home=folder / "home"))
    last_week = [
        "1;Accueil;SF;02/03/2026 09:00;0145221134;3",
        "2;Accueil;RF;04/03/2026 10:00;0145221134;2",
        "3;Docteur <b>;SF;08/03/2026 23:59;0612345678;1",
    ]
    before = ["4;Accueil;SF;23/02/2026 09:00;0145221134;1", "5;Accueil;SF;09/03/2026 00:00;0145221134;90"]
    import_faxes(opened, folder, "north", last_week)
    import_faxes(opened, folder, "south", before)
    yield opened
    opened.close()


@pytest.fixture
def office(services: Services) -> Iterator[Office]:
    with receiving_mail() as receiver:
        found = Office(services, receiver)
        yield found
        with acting(SYSTEM):
            for each in found.mailings.list():
                found.mailings.delete(each["mailing_id"])


def test_a_mail_is_sent_when_it_is_due_and_not_before(office: Office):
    mailing_id = office.make()
    office.clock.now = MONDAY - dt.timedelta(microseconds=1)
    assert office.round() == 0
    office.clock.now = MONDAY
    assert office.round() == 1
    assert office.receiver.readers == [ANN.address]
    [mail] = office.mails(mailing_id)
    assert (mail["state"], mail["due_at"], mail["attempts"], mail["error"]) == ("sent", MONDAY, 1, None)
    assert (mail["period_start"], mail["period_end"]) == (LAST_WEEK.start_date, LAST_WEEK.end_date)
    assert office.round() == 0
    assert office.mailings.show(mailing_id)["next_due_at"] == MONDAY + dt.timedelta(days=7)


def test_a_mail_says_the_numbers_of_the_pages_in_its_readers_language(office: Office):
    office.make(ANN, BOB)
    office.clock.now = MONDAY
    office.round()
    values = office.services.summaries.summary(LAST_WEEK).values
    assert (values["faxes"], values["invalid"]) == (3, 1)
    for reader, day in ((ANN, "02/03/2026"), (BOB, "02 Mar 2026")):
        t = translator(reader.language)
        message = office.receiver.mail_to(reader.address)
        assert message["To"] == reader.address
        assert day in message["Subject"]
        for kind in ("plain", "html"):
            text = text_of(message, kind)
            assert t.percent(values["compliance_rate"]) in text
            assert t("Invalid faxes") in text
            assert f"lang={reader.language}" in text
            assert "start_date=2026-03-02" in text
    [other] = [each for to, each in office.receiver.mails if to == BOB.address]
    assert ANN.address not in other.as_string()


def test_the_report_comes_as_pdf_and_the_figures_as_csv(office: Office):
    office.make(ANN, BOB, attached=("pdf", "csv"))
    office.clock.now = MONDAY
    office.round()
    files = files_of(office.receiver.mail_to(ANN.address))
    assert set(files) == {"faxcloud-2026-03-02_2026-03-08.pdf", "faxcloud-2026-03-02_2026-03-08.csv"}
    pdf = files["faxcloud-2026-03-02_2026-03-08.pdf"]
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    assert "Fax de la radiologie" in text
    assert "02/03/2026" in text
    assert "33612345678" not in text.replace(" ", "")
    french = files["faxcloud-2026-03-02_2026-03-08.csv"].decode("utf-8-sig").splitlines()
    english = files_of(office.receiver.mail_to(BOB.address))["faxcloud-2026-03-02_2026-03-08.csv"]
    assert french[1].startswith("2026-03-02;1;1;0;1,0;")
    assert french[2].startswith("2026-03-03;0;0;0;;")  # no data is no rate
    assert french[-1].startswith("Total;3;2;1;0,666")
    assert len(french) == 9
    assert english.decode("utf-8-sig").splitlines()[-1].startswith("Total,3,2,1,0.666")


def test_a_reader_elsewhere_gets_it_at_the_same_hour_by_another_clock(office: Office):
    mailing_id = office.make(ANN, OVERSEAS)
    assert office.mailings.show(mailing_id)["next_due_at"] == MONDAY - dt.timedelta(hours=3)
    office.clock.now = MONDAY - dt.timedelta(hours=3)
    office.round()
    assert office.receiver.readers == [OVERSEAS.address]
    office.clock.now = MONDAY
    office.round()
    assert office.receiver.readers == [OVERSEAS.address, ANN.address]


def test_two_servers_send_each_mail_once(office: Office):
    readers = [Recipient(f"reader{number}@example.org") for number in range(8)]
    office.make(*readers)
    office.clock.now = MONDAY
    with office.another().worker, office.another().worker:
        office.receiver.wait_for(len(readers))
    assert office.round() == 0
    assert sorted(office.receiver.readers) == [each.address for each in readers]


def test_of_what_was_due_while_no_server_ran_the_newest_is_sent_and_the_rest_is_said(office: Office):
    mailing_id = office.make(schedule=Schedule("daily"))
    office.clock.now = MONDAY + dt.timedelta(days=4, hours=5)
    office.round()
    mails = office.mails(mailing_id)
    assert [mail["state"] for mail in mails] == ["sent", *["skipped"] * 4]
    assert mails[0]["period_end"] == dt.date(2026, 3, 12)
    assert {mail["error"] for mail in mails[1:]} == {"missed"}
    assert office.receiver.readers == [ANN.address]
    assert office.notes("mailing.skip")[0]["details"] == {"mails": 4}
    office.clock.forward(days=365)
    office.round()
    assert len(office.mails(mailing_id)) <= 5 + 1 + MOST_MISSED


def test_without_a_mail_server_nothing_is_sent_and_it_is_said(office: Office):
    mailing_id = office.make()
    closed = office.another(smtp_url=None)
    assert closed.server_name is None
    with pytest.raises(MailServerMissing):
        closed.send_now(mailing_id)
    office.clock.now = MONDAY
    assert closed._outbox.send_due() == 0
    assert closed.mails(mailing_id)["total"] == 0
    assert closed.preview(mailing_id, "fr").subject


def test_a_reader_who_is_refused_for_good_fails_at_once_and_nobody_else(office: Office):
    office.receiver.refused[ANN.address] = "550 no such reader"
    mailing_id = office.make(ANN, BOB)
    office.mailings.send_now(mailing_id)
    office.round()
    assert office.states(mailing_id) == {ANN.address: "failed", BOB.address: "sent"}
    [refused] = [mail for mail in office.mails(mailing_id) if mail["state"] == "failed"]
    assert (refused["error"], refused["detail"], refused["attempts"]) == ("refused", "550 no such reader", 1)
    failed, *_ = [note for note in office.notes("mail.send") if note["outcome"] == "failed"]
    assert failed["details"] == {"mailing": mailing_id, "attempts": 1, "error": "refused"}
    office.clock.forward(hours=20)
    assert office.round() == 0


def test_what_is_put_off_is_tried_again_later_and_later_and_then_given_up(office: Office):
    office.receiver.answers = ["451 later"] * (len(DELAYS_S) + 1)
    mailing_id = office.make()
    office.mailings.send_now(mailing_id)
    for attempt, delay_s in enumerate(DELAYS_S, 1):
        assert office.round() == 1
        [mail] = office.mails(mailing_id)
        assert (mail["state"], mail["error"], mail["attempts"]) == ("pending", "later", attempt)
        assert not mail["is_under_way"]
        assert mail["next_attempt_at"] == office.clock.now + dt.timedelta(seconds=delay_s)
        office.clock.forward(seconds=delay_s - 1)
        assert office.round() == 0
        office.clock.forward(seconds=1)
    assert office.round() == 1
    assert office.states(mailing_id) == {ANN.address: "failed"}
    assert office.receiver.answers == []
    assert office.receiver.readers == []


def test_a_connection_that_breaks_loses_no_mail(office: Office):
    office.receiver.answers = [HANG_UP]
    mailing_id = office.make()
    office.mailings.send_now(mailing_id)
    office.round()
    [mail] = office.mails(mailing_id)
    assert (mail["state"], mail["error"]) == ("pending", "broken")
    office.clock.forward(seconds=DELAYS_S[0])
    office.round()
    assert office.states(mailing_id) == {ANN.address: "sent"}
    assert office.receiver.mail_to(ANN.address)["Message-ID"].startswith(f"<{mail['mail_id']}@")


def test_a_server_that_is_away_is_left_alone_for_a_while(office: Office):
    away = office.another(smtp_url=SecretStr("smtp://127.0.0.1:1"))
    mailing_id = office.make(ANN, BOB)
    away.send_now(mailing_id)
    assert away._outbox.send_due() == 1
    assert away._outbox.send_due() == 0
    tried = [mail for mail in office.mails(mailing_id) if mail["attempts"]]
    assert [mail["error"] for mail in tried] == ["unreachable"]
    office.clock.forward(seconds=PAUSE_S)
    assert away._outbox.send_due() == 1
    office.clock.forward(seconds=DELAYS_S[0])
    assert office.round() == 2
    assert sorted(office.receiver.readers) == [ANN.address, BOB.address]


def test_a_server_that_dies_over_a_mail_again_and_again_does_not_try_for_ever(office: Office):
    mailing_id = office.make()
    office.mailings.send_now(mailing_id)
    [mail] = office.mails(mailing_id)
    with office.services._catalogue.write() as conn:
        for _ in range(len(DELAYS_S) + 1):
            assert MAILS.claim(conn, mail["mail_id"], dead_process(), office.clock.now, 60) is not None
    assert office.mails(mailing_id)[0]["is_under_way"]
    office.round()
    [mail] = office.mails(mailing_id)
    assert (mail["state"], mail["error"]) == ("failed", "interrupted")
    assert office.receiver.readers == []


def test_a_period_without_faxes_says_so_and_shows_no_rate(office: Office):
    mailing_id = office.make()
    office.clock.now = MONDAY + dt.timedelta(days=28)
    contents = office.mailings.preview(mailing_id, "en")
    for text in (contents.text, contents.html):
        assert "No data: no fax in this period." in text
        assert "%" not in text.replace("100%", "")


def test_a_hostile_name_is_text(office: Office):
    name = "<script>alert(1)</script> & \u202eevil {period}"
    with pytest.raises(MailingInvalid):
        office.make(name=name)  # direction marks are not printable
    mailing_id = office.make(name=name.replace("\u202e", ""))
    contents = office.mailings.preview(mailing_id, "en")
    assert "<script>" not in contents.html
    assert "{period}" in contents.subject


def test_a_mailing_is_sent_with_the_rights_of_its_maker_and_ends_with_them(office: Office):
    keys = office.services.keys
    made = keys.create("radiology", "analyst", contracts=["south"])
    with acting(keys.authenticate(made.key)):
        mailing_id = office.make(schedule=Schedule("monthly"))
    office.clock.now = dt.datetime(2026, 4, 2, tzinfo=dt.UTC)
    # March has four faxes; its own contract has one of them.
    contents = office.mailings.preview(mailing_id, "en")
    assert "Faxes          1" in contents.text
    keys.revoke(made.key_id)
    with pytest.raises(MakerGone):
        office.mailings.preview(mailing_id, "en")
    assert office.round() == 1
    [mail] = office.mails(mailing_id)
    assert (mail["state"], mail["error"]) == ("failed", "maker")
    assert office.receiver.readers == []
    # Somebody who may takes it over by saving it.
    office.mailings.change(mailing_id, office.mailings.show(mailing_id)["mailing"])
    assert "Faxes          4" in office.mailings.preview(mailing_id, "en").text


def test_who_is_limited_to_some_reports_sees_its_own_mailings_only(office: Office):
    theirs = office.make()
    limited = Actor("key:limited", "analyst", contracts=("south",))
    with acting(limited):
        own = office.make(name="Own")
        assert [each["mailing_id"] for each in office.mailings.list()] == [own]
        for refused in (office.mailings.show, office.mailings.delete, office.mailings.send_now):
            with pytest.raises(MailingNotFound):
                refused(theirs)
        with pytest.raises(MailingNotFound):
            office.mailings.preview(theirs, "fr")
    assert {each["mailing_id"] for each in office.mailings.list()} == {theirs, own}


def test_a_viewer_may_neither_see_nor_make_mailings(office: Office):
    mailing_id = office.make()
    with acting(Actor("key:viewer", "viewer")):
        for refused in (
            office.mailings.list,
            office.make,
            lambda: office.mailings.show(mailing_id),
            lambda: office.mailings.preview(mailing_id, "fr"),
            lambda: office.mailings.send_now(mailing_id),
            lambda: office.mailings.delete(mailing_id),
            lambda: office.mailings.enable(mailing_id, False),
            lambda: office.mailings.mails(mailing_id),
        ):
            with pytest.raises(NotAllowed):
                refused()


def test_a_paused_mailing_sends_nothing_and_goes_on_at_its_next_date(office: Office):
    mailing_id = office.make()
    office.mailings.enable(mailing_id, False)
    office.clock.now = MONDAY + dt.timedelta(days=1)
    assert office.round() == 0
    office.mailings.enable(mailing_id, True)
    assert office.round() == 0
    assert office.mailings.show(mailing_id)["next_due_at"] == MONDAY + dt.timedelta(days=7)


def test_who_left_the_list_gets_nothing_more(office: Office):
    mailing_id = office.make(ANN, BOB)
    office.mailings.send_now(mailing_id)
    given = office.mailings.show(mailing_id)["mailing"].to_dict()
    given["recipients"] = given["recipients"][1:]
    office.mailings.change(mailing_id, Mailing.from_dict(given))
    office.round()
    assert office.receiver.readers == [BOB.address]


def test_a_deleted_mailing_takes_its_mails_along(office: Office):
    mailing_id = office.make()
    office.mailings.send_now(mailing_id)
    office.mailings.delete(mailing_id)
    assert office.round() == 0
    with pytest.raises(MailingNotFound):
        office.mailings.mails(mailing_id)


def test_what_was_sent_is_forgotten_after_half_a_year(office: Office):
    mailing_id = office.make()
    office.mailings.send_now(mailing_id)
    office.round()
    office.mailings.enable(mailing_id, False)
    office.clock.forward(days=KEPT_DAYS + 1)
    office.round()
    assert office.mails(mailing_id) == []


def test_an_erasure_takes_somebody_off_every_list_and_forgets_their_mails(office: Office):
    both, alone, named = office.make(ANN, BOB), office.make(ANN), office.make(BOB, name="For Ann@Example.org")
    office.mailings.send_now(both)
    office.round()
    subject = Subject.of(person=" ann@EXAMPLE.org")
    with office.services._catalogue.write() as conn:
        assert set(mailings_naming(conn, subject)) == {both, alone, named}
        assert erase_readers(conn, subject) == 3
        assert mailings_naming(conn, subject) == []
    assert [each["mailing_id"] for each in office.mailings.list()] == [both]
    assert office.mailings.show(both)["mailing"].recipients == (BOB,)
    assert office.states(both) == {BOB.address: "sent"}


def test_a_zone_that_there_is_not_is_refused(office: Office):
    with pytest.raises(MailingInvalid, match="Europe/Atlantis"):
        office.make(Recipient("ann@example.org", "fr", "Europe/Atlantis"))


def test_the_audit_log_knows_neither_readers_nor_names(office: Office):
    mailing_id = office.make(ANN, BOB)
    office.mailings.send_now(mailing_id)
    office.round()
    office.mailings.preview(mailing_id, "fr")
    office.mailings.delete(mailing_id)
    notes = [note for noun in ("mailing", "mail") for note in office.notes(noun)]
    actions = {note["action"] for note in notes}
    assert actions >= {"mailing.create", "mailing.send", "mail.send", "mailing.preview", "mailing.delete"}
    assert "example.org" not in str(notes)
    assert "radiologie" not in str(notes)
