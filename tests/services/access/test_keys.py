"""API keys: created, shown once, checked, revoked; access without keys."""

import datetime as dt
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from faxcloud.config import Settings
from faxcloud.errors import (
    KeyInvalid,
    KeyNotFound,
    KeyRefused,
    NotAllowed,
    ReportNotFound,
    Unprotected,
)
from faxcloud.services.access import key_checks
from faxcloud.services.access.keys import refuse_unprotected
from faxcloud.services.actors import SYSTEM, Actor, acting
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.wiring import Services, build


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = build(Settings(home=tmp_path / "store"))
    yield opened
    opened.close()


def day(number: int) -> dt.datetime:
    return utc_now() + dt.timedelta(days=number)


def test_a_key_lets_its_holder_in_with_its_role(services: Services):
    made = services.keys.create("Ann", "analyst", contracts=["C1"])
    actor = services.keys.authenticate(made.key, "192.0.2.1")
    assert actor == Actor(f"key:{made.key_id}", "analyst", "192.0.2.1", None, ("C1",))
    assert services.keys.remembered(made.key, "192.0.2.2") == Actor(
        actor.name, "analyst", "192.0.2.2", None, ("C1",)
    )


def test_the_key_itself_is_kept_nowhere(services: Services, tmp_path: Path):
    made = services.keys.create("Ann", "admin")
    services.keys.authenticate(made.key)
    secret = made.key.rpartition("_")[2].encode()
    services.close()
    files = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert any(made.key_id.encode() in path.read_bytes() for path in files)
    assert not [path for path in files if secret in path.read_bytes()]
    assert secret.decode() not in repr(services.keys.list)


def test_the_list_shows_everything_but_the_hash(services: Services):
    made = services.keys.create("Ann", "viewer", expires_at=day(2))
    (row,) = services.keys.list()
    assert (row["key_id"], row["name"], row["role"], row["is_usable"]) == (made.key_id, "Ann", "viewer", True)
    assert row["last_used_at"] is None
    assert row["created_by"] == "system"
    assert "hash" not in row
    services.keys.authenticate(made.key)
    assert services.keys.list()[0]["last_used_at"] is not None


def test_the_last_use_is_written_once_a_minute(services: Services, tmp_path: Path):
    made = services.keys.create("Ann", "viewer")
    services.keys.authenticate(made.key)
    first = services.keys.list()[0]["last_used_at"]
    for _ in range(3):
        services.keys.authenticate(made.key)
    assert services.keys.list()[0]["last_used_at"] == first


@pytest.mark.parametrize(
    "change", [lambda key: key[:-1], lambda key: key + "0", lambda key: key.upper(), str.strip]
)
def test_only_the_whole_key_is_the_key(change, services: Services):
    made = services.keys.create("Ann", "viewer")
    given = change(made.key)
    if given == made.key:
        assert services.keys.authenticate(given).role == "viewer"
    else:
        with pytest.raises(KeyRefused):
            services.keys.authenticate(given)


def test_a_revoked_key_is_refused(services: Services):
    made = services.keys.create("Ann", "viewer")
    services.keys.authenticate(made.key)
    services.keys.revoke(made.key_id)
    with pytest.raises(KeyRefused):
        services.keys.authenticate(made.key)
    assert services.keys.remembered(made.key, "") is None
    assert services.keys.list()[0]["is_usable"] is False


def test_an_expired_key_is_refused_though_it_was_remembered(services: Services, tmp_path: Path):
    made = services.keys.create("Ann", "viewer", expires_at=day(1))
    services.keys.authenticate(made.key)
    with sqlite3.connect(tmp_path / "store" / "catalogue.sqlite") as catalogue:
        past = (utc_now() - dt.timedelta(days=1)).replace(tzinfo=None).isoformat(" ")
        catalogue.execute("UPDATE api_keys SET expires_at = ?", [past])
        catalogue.execute("UPDATE data_versions SET version = version + 1 WHERE name = 'keys'")
    catalogue.close()
    services.keys.forget()
    with pytest.raises(KeyRefused):
        services.keys.authenticate(made.key)


def test_what_no_key_can_have_is_refused(services: Services):
    for name, role, expires_at in (
        (" ", "viewer", None),
        ("x" * 101, "viewer", None),
        ("a\nb", "viewer", None),
        ("a", "root", None),
        ("a", "viewer", day(-1)),
    ):
        with pytest.raises(KeyInvalid):
            services.keys.create(name, role, expires_at=expires_at)  # type: ignore[arg-type]
    with pytest.raises(KeyInvalid):
        services.keys.create("a", "admin", contracts=["C1"])
    with pytest.raises(ReportNotFound):
        services.keys.create("a", "viewer", reports=["20200101-000000-abcdef"])
    with pytest.raises(KeyNotFound):
        services.keys.revoke("0123456789ab")
    assert services.keys.list() == []


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_only_an_administrator_sees_and_changes_keys(role, services: Services):
    made = services.keys.create("Ann", "admin")
    with acting(Actor("key:x", role)):
        for ask in (
            services.keys.list,
            lambda: services.keys.revoke(made.key_id),
            lambda: services.keys.create("Bob", "admin"),
            services.accounts.roles,
            lambda: services.accounts.set_role("bob@example.org", "admin"),
        ):
            with pytest.raises(NotAllowed):
                ask()


def test_whoever_is_limited_to_some_reports_administers_nothing(services: Services):
    limited = Actor("key:x", "admin", contracts=("C1",))
    assert limited.may("rows.export")
    with acting(limited), pytest.raises(NotAllowed):
        services.keys.create("Bob", "admin")


def test_keys_are_audited_without_what_they_are(services: Services):
    made = services.keys.create("Ann", "admin", expires_at=day(1))
    services.keys.revoke(made.key_id)
    log = (services.settings.logs_folder / "audit.log").read_text("utf-8")
    assert '"key.create"' in log
    assert '"key.revoke"' in log
    assert f"key:{made.key_id}" in log
    assert "Ann" not in log
    assert made.key not in log


def test_the_key_of_the_environment_is_an_administrators(tmp_path: Path):
    opened = build(Settings(home=tmp_path, admin_key="clé-secrète"))
    assert opened.keys.authenticate("clé-secrète") == Actor("key:environment", "admin")
    assert not opened.keys.is_open()
    with pytest.raises(KeyRefused):
        opened.keys.authenticate("cle-secrete")
    opened.close()


def test_a_server_is_open_until_the_first_key_and_never_again(services: Services):
    assert services.keys.is_open()
    made = services.keys.create("Ann", "admin")
    assert not services.keys.is_open()
    services.keys.revoke(made.key_id)
    assert not services.keys.is_open()


def test_a_key_that_another_process_makes_closes_an_open_server(services: Services, tmp_path: Path):
    assert services.keys.is_open()
    other = build(Settings(home=tmp_path / "store"))
    other.keys.create("Ann", "admin")
    other.close()
    services.keys._fresh_until = 0.0  # half a second later
    assert not services.keys.is_open()


@pytest.mark.parametrize("address", ["0.0.0.0", "", "192.168.1.5", "::", "fax.example.org"])
def test_a_server_that_others_reach_does_not_start_unprotected(address: str, services: Services):
    with pytest.raises(Unprotected):
        refuse_unprotected(address, services.keys)
    services.keys.create("Ann", "analyst")
    with pytest.raises(Unprotected):
        refuse_unprotected(address, services.keys)
    made = services.keys.create("Bob", "admin")
    refuse_unprotected(address, services.keys)
    services.keys.revoke(made.key_id)
    with pytest.raises(Unprotected):
        refuse_unprotected(address, services.keys)
    services.keys.has_accounts = True
    refuse_unprotected(address, services.keys)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost", "127.0.0.2"])
def test_on_loopback_it_starts(address: str, services: Services):
    refuse_unprotected(address, services.keys)


def test_whose_role_was_changed_is_in_the_audit_log(services: Services):
    services.accounts.set_role("Ann@Example.org", "admin")
    assert services.audit.log(1).results[0]["details"] == {"account": "ann@example.org", "role": "admin"}


def test_accounts_have_the_role_that_the_administrator_gave_them(services: Services):
    accounts = services.accounts
    assert accounts.actor("Ann@Example.org", "192.0.2.1") == Actor(
        "user:ann@example.org", "viewer", "192.0.2.1", names="initials"
    )
    accounts.set_role(" Ann@Example.org ", "admin")
    accounts.set_role("*", "none")
    assert accounts.roles() == {"ann@example.org": "admin", "*": "none"}
    ann = accounts.actor("ann@example.org")
    assert ann is not None
    assert ann.role == "admin"
    assert accounts.actor("bob@example.org") is None
    accounts.set_role("ann@example.org", None)
    assert accounts.actor("ann@example.org") is None
    with pytest.raises(KeyInvalid):
        accounts.set_role("ann@example.org", "root")


def test_what_is_remembered_is_bounded(services: Services, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(key_checks, "MOST_REMEMBERED", 3)
    with acting(SYSTEM):
        made = [services.keys.create(f"k{number}", "viewer") for number in range(5)]
    for each in made:
        services.keys.authenticate(each.key)
    assert len(services.keys._known) <= 3
