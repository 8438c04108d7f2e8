"""API key commands."""

import datetime as dt

from faxcloud.config import load_settings
from faxcloud.wiring import build
from tests.cli.conftest import Faxcloud


def test_a_key_is_shown_once_and_works(faxcloud: Faxcloud):
    made = faxcloud("keys", "create", "--name", "Ann", "--role", "admin")
    assert made.code == 0
    key = made.out.strip()
    assert key.startswith("fc_")
    assert "shown only once" in made.err
    listed = faxcloud("keys", "list")
    assert "Ann" in listed.out
    assert key not in listed.out
    services = build(load_settings())
    assert services.keys.authenticate(key).role == "admin"
    services.close()


def test_a_key_can_be_limited_and_expire(loaded: Faxcloud, report_id: str):
    words = ("--expires", 30, "--report", report_id, "--contract", "C1", "--contract", "C2", "--json")
    made = loaded("keys", "create", "--name", "Bob", "--role", "viewer", *words).document
    [key] = [each for each in loaded("keys", "list", "--json").document if each["key_id"] == made["key_id"]]
    assert (key["reports"], key["contracts"], key["is_usable"]) == ([report_id], ["C1", "C2"], True)
    left = dt.datetime.fromisoformat(key["expires_at"]) - dt.datetime.now(dt.UTC)
    assert dt.timedelta(days=29) < left <= dt.timedelta(days=30)
    assert report_id in loaded("keys", "list").out


def test_a_key_is_revoked_by_its_id(faxcloud: Faxcloud):
    made = faxcloud("keys", "create", "--name", "Ann", "--role", "viewer", "--json").document
    assert "revoked" in faxcloud("keys", "revoke", made["key_id"]).out
    assert faxcloud("keys", "list", "--json").document[0]["is_usable"] is False
    again = faxcloud("keys", "revoke", made["key_id"], "--json")
    assert (again.code, again.document) == (0, {"key_id": made["key_id"], "revoked": True})


def test_what_cannot_be_is_refused(faxcloud: Faxcloud):
    unknown = faxcloud("keys", "revoke", "0123456789ab", "--json")
    assert (unknown.code, unknown.document["error"]["code"]) == (1, "access.key_not_found")
    nameless = faxcloud("keys", "create", "--name", " ", "--role", "viewer", "--json")
    assert (nameless.code, nameless.document["error"]["code"]) == (1, "access.key_invalid")
    nowhere = faxcloud("keys", "create", "--name", "A", "--role", "viewer", "--report", "x", "--json")
    assert (nowhere.code, nowhere.document["error"]["code"]) == (1, "store.report_not_found")
    for words in (
        ("--role", "root"),
        ("--role", "viewer", "--expires", 0),
        ("--role", "viewer", "--expires", "x"),
    ):
        assert faxcloud("keys", "create", "--name", "A", *words).code == 2
