"""Validation of scheduled e-mails."""

import json
from typing import Any

import pytest

from faxcloud.domain.filters import Filters
from faxcloud.domain.mailings import MOST_RECIPIENTS, Mailing, Recipient, read_recipients, write_recipients
from faxcloud.domain.schedules import Schedule
from faxcloud.errors import MailingInvalid

ANN = Recipient("ann@example.org", "fr", "Europe/Paris")
BOB = Recipient("bob@example.org", "en", "Indian/Reunion")


def mailing(**values: Any) -> Mailing:
    given = {"name": "Faxes", "schedule": Schedule(), "recipients": (ANN, BOB), **values}
    return Mailing(**given)


def test_a_mailing_survives_json():
    whole = mailing(attached=("pdf", "csv"), is_masked=False, filters=Filters(mode="SF", status="invalid"))
    assert Mailing.from_dict(json.loads(json.dumps(whole.to_dict()))) == whole


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@",
        "@example.org",
        "ann@example.org\r\nBcc: eve@example.org",
        "ann@example.org, eve@example.org",
        "Ann <ann@example.org>",
        '"ann b"@example.org',
        "ann@example..org",
        ".ann@example.org",
        "ann@-example.org",
        "é@example.org",
        "a" * 65 + "@example.org",
        "ann@" + ("a" * 60 + ".") * 5 + "org",
    ],
)
def test_what_is_no_address_is_refused(address: str):
    with pytest.raises(MailingInvalid):
        Recipient(address)


@pytest.mark.parametrize("address", ["ann@example.org", "a.b+c@x-y.example.org", "root@localhost", "o'n@a.b"])
def test_an_ordinary_address_is_taken(address: str):
    assert Recipient(address).address == address


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "a" * 101},
        {"name": "Faxes\nBcc: eve@example.org"},
        {"recipients": ()},
        {"recipients": (ANN, Recipient("ANN@example.org"))},
        {"recipients": tuple(Recipient(f"a{i}@b.c") for i in range(MOST_RECIPIENTS + 1))},
        {"attached": ("exe",)},
        {"filters": Filters(user="Accueil")},
        {"filters": Filters(q="0145")},
        {"filters": Filters(report="r1")},
    ],
)
def test_what_is_no_mailing_is_refused(values: dict[str, Any]):
    with pytest.raises(MailingInvalid):
        mailing(**values)


@pytest.mark.parametrize(
    "changes",
    [
        {"recipients": [{"adress": "a@b.c"}]},
        {"schedule": None},
        {"filters": {"mode": "x" * 30}},
        {"name": None},
    ],
)
def test_a_damaged_definition_is_refused(changes: dict[str, Any]):
    values = mailing().to_dict() | changes
    if values["name"] is None:
        del values["name"]
    with pytest.raises(MailingInvalid):
        Mailing.from_dict(values)


def test_readers_are_read_a_line_each_with_what_differs_after_them():
    text = "ann@example.org\n\n  bob@example.org , en,Indian/Reunion \neve@example.org, en"
    found = read_recipients(text, "fr", "Europe/Paris")
    assert found == (ANN, BOB, Recipient("eve@example.org", "en", "Europe/Paris"))
    assert read_recipients(write_recipients(found, "fr", "Europe/Paris"), "fr", "Europe/Paris") == found


def test_a_line_with_too_much_on_it_is_refused():
    with pytest.raises(MailingInvalid, match="Europe/Paris"):
        read_recipients("ann@example.org, fr, Europe/Paris, x", "fr", "UTC")
    with pytest.raises(MailingInvalid, match="de"):
        read_recipients("ann@example.org, de", "fr", "UTC")
