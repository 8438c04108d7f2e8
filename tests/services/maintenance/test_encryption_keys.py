"""Encryption of webhook and channel secrets: at rest, migrated, rotated, restored without the key."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from faxcloud.errors import WebhookDisabled
from faxcloud.services.journal import Event, Note
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.encryption import PREFIX
from faxcloud.store.records.channels import add_channel, get_channel
from faxcloud.store.records.webhooks import add_webhook, get_webhook
from faxcloud.wiring import Services
from tests.live_store import opened, restored

URL, SECRET = "https://hooks.example.org/services/T0KEN-of-a-path", "whsec_c2VjcmV0LW9mLWEtd2ViaG9vaw=="
MAIL = "mailtos://fax:pass-of-a-mailbox@mail.example.org"
IN_CLEAR = (b"T0KEN-of-a-path", SECRET.encode(), b"pass-of-a-mailbox")


def put(services: Services) -> tuple[str, str]:
    """A webhook and a channel with secrets; their ids."""
    with services._catalogue.write() as conn:
        hook = add_webhook(conn, URL, "error", SECRET, "system")
        channel = add_channel(conn, name="team", url=MAIL, language="en", by="system", now=utc_now())
    return hook, channel


def read(services: Services, hook: str, channel: str) -> tuple[str, str, str]:
    with services._catalogue.read() as conn:
        found = get_webhook(conn, hook)
        return found.url, found.secret, get_channel(conn, channel).url


def stored(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / "catalogue.sqlite")) as connection:
        rows = connection.execute("SELECT url, secret FROM webhooks").fetchall()
        rows += connection.execute("SELECT url FROM channels").fetchall()
    return [text for row in rows for text in row]


def store_in_clear(home: Path) -> None:
    """As an earlier version did."""
    with closing(sqlite3.connect(home / "catalogue.sqlite")) as connection, connection:
        connection.execute("UPDATE webhooks SET url = ?, secret = ?", (URL, SECRET))
        connection.execute("UPDATE channels SET url = ?", (MAIL,))


def files_in_clear(folder: Path) -> set[str]:
    """Files below a folder in which a secret can be read."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {path.name for path in found if any(text in path.read_bytes() for text in IN_CLEAR)}


def test_no_secret_can_be_read_in_the_store_or_in_a_backup(tmp_path: Path) -> None:
    home, backup = tmp_path / "store", tmp_path / "backup"
    with opened(home) as services:
        ids = put(services)
        services.backups.write(backup)
        assert files_in_clear(tmp_path) == set()
        assert read(services, *ids) == (URL, SECRET, MAIL)
    assert not (backup / "keys").exists()
    if os.name != "nt":
        assert (home / "keys" / "encryption").stat().st_mode & 0o777 == 0o600


def test_a_store_in_clear_is_encrypted_once_at_the_next_start(tmp_path: Path) -> None:
    with opened(tmp_path) as services:
        ids = put(services)
    store_in_clear(tmp_path)
    assert files_in_clear(tmp_path) == {"catalogue.sqlite"}
    with opened(tmp_path) as services:
        assert files_in_clear(tmp_path) == set()
        assert read(services, *ids) == (URL, SECRET, MAIL)
    encrypted = stored(tmp_path)
    with opened(tmp_path):
        assert stored(tmp_path) == encrypted


def test_a_backup_in_clear_is_encrypted_when_it_is_restored(tmp_path: Path) -> None:
    home = tmp_path / "store"
    with opened(home) as services:
        put(services)
        store_in_clear(home)
        services.backups.write(tmp_path / "backup")
        with services._catalogue.write() as conn:
            conn.exec_driver_sql("DELETE FROM webhooks")
            conn.exec_driver_sql("DELETE FROM channels")
    assert restored(home, tmp_path / "backup").problems == ()
    assert len(stored(home)) == 2
    assert all(text.startswith(PREFIX) for text in stored(home))


@pytest.mark.parametrize("after_a_crash", [False, True])
def test_a_rotation_encrypts_everything_with_a_new_key_alone(tmp_path: Path, after_a_crash: bool) -> None:
    file = tmp_path / "keys" / "encryption"
    with opened(tmp_path) as services:
        ids = put(services)
        before, old = stored(tmp_path), file.read_text()
        if after_a_crash:  # the new key was written, and nothing was encrypted with it
            with services._catalogue.write():
                services._catalogue._encryption.add_key()
            assert read(services, *ids) == (URL, SECRET, MAIL)
        rotation = services.encryption_keys.rotate()
        assert (rotation.rewritten, rotation.unreadable) == (2, 0)
        assert len(file.read_text().split()) == 1
        assert not set(stored(tmp_path)) & set(before)
        assert read(services, *ids) == (URL, SECRET, MAIL)
        assert "database.rotate_key" in services.audit.actions()
        if os.name != "nt":
            assert file.stat().st_mode & 0o777 == 0o600
        file.write_text(old)
        assert read(services, *ids) == ("", "", "")


def test_webhooks_and_channels_of_a_backup_without_its_key_are_disabled_and_named(tmp_path: Path) -> None:
    home, backup, key = tmp_path / "store", tmp_path / "backup", tmp_path / "key"
    with opened(home) as services:
        hook, channel = put(services)
        services.backups.write(backup)
    (home / "keys" / "encryption").rename(key)
    problems = restored(home, backup).problems
    with opened(home) as services:
        assert [hook in problems[0], channel in problems[1], len(problems)] == [True, True, 2]
        assert all("HOME/keys/encryption" in problem for problem in problems)
        assert services.webhooks.list()["webhooks"][hook]["disabled_at"] is not None
        assert services.channels.list()[0]["address"] == "…"
        with pytest.raises(WebhookDisabled):
            services.webhooks.test(hook)
        assert "HOME/keys/encryption" in str(services.channels.test(channel))
        services.journal.write(Note("test"), Event("error", {}))
        assert services.deliverer.send_due() == 1
        [delivery] = services.webhooks.deliveries(hook)["results"]
        assert delivery["state"] == "pending"
        put(services)  # with a key of its own
        assert services.encryption_keys.rotate().unreadable == 2
        with (home / "keys" / "encryption").open("a") as file, key.open() as found:
            shutil.copyfileobj(found, file)
        assert read(services, hook, channel) == (URL, SECRET, MAIL)
        assert services.maintenance.check() == []
