"""Scheduled e-mails page: no mail server, hostile text, missing permission."""

import pytest

from faxcloud.domain.mailings import Mailing, Recipient
from faxcloud.domain.schedules import LAST_DAY, Schedule
from faxcloud.ui.running import Running
from tests.ui.conftest import Visit, texts

INCIDENT = ("could not be shown", "n’a pas pu être affichée")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_without_a_mail_server_the_page_says_what_to_set(language: str, visit: Visit):
    app = visit("mailings", language)
    assert not app.exception
    assert not any(words in texts(app) for words in INCIDENT)
    assert "FAXCLOUD_SMTP_URL" in app.code[0].value


def test_without_a_mail_server_a_mailing_can_be_previewed_but_not_sent(visit: Visit, shared: Running):
    hostile = "**bold** $x$ :red[y] <b>z</b> [a](javascript:alert(1))"
    shared.services.mailings.create(
        Mailing(
            hostile,
            Schedule("monthly", 18, 30, day=LAST_DAY),
            tuple(Recipient(f"reader{number}@example.org") for number in range(9)),
            attached=(),
        )
    )
    app = visit("mailings", "en")
    assert not app.exception
    said = texts(app)
    assert "On the last day of each month at 18:30" in said
    assert "$x$" not in said
    assert "[a](javascript" not in said
    assert app.button(key="send-mailing").disabled
    app.button(key="preview-mailing").click().run()
    assert not app.exception
    assert app.button(key="close-preview")


def test_a_new_mailing_is_kept_with_what_was_entered(visit: Visit, shared: Running):
    app = visit("mailings", "en")
    app.text_input(key="new-mailing-0-name").set_value("Night shift")
    app.text_area(key="new-mailing-0-recipients").set_value("ann@example.org\nbob@example.org, fr, UTC")
    app.button(key="new-mailing-0-save").click().run()
    assert not app.exception
    [made] = shared.services.mailings.list()
    mailing = made["mailing"]
    assert mailing.name == "Night shift"
    assert mailing.recipients == (
        Recipient("ann@example.org", "en", "Europe/Paris"),
        Recipient("bob@example.org", "fr", "UTC"),
    )
    assert mailing.schedule == Schedule("weekly", 8, 0)
    assert mailing.attached == ("pdf",)
    assert mailing.is_masked


def test_changing_a_mailing_begins_with_what_it_is(visit: Visit, shared: Running):
    made = Mailing(
        "Faxes", Schedule("weekly", 7, 15, weekday=5), (Recipient("ann@example.org", "fr", "UTC"),)
    )
    mailing_id = shared.services.mailings.create(made)
    app = visit("mailings", "en")
    app.button(key="edit-mailing").click().run()
    [save] = [
        button for button in app.button if str(button.key).endswith("-save") and mailing_id in str(button.key)
    ]
    save.click().run()
    assert not app.exception
    assert shared.services.mailings.show(mailing_id)["mailing"] == made
