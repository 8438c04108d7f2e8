"""API key records in the catalogue, in SQLite and PostgreSQL."""

import datetime as dt
from dataclasses import replace

from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.state import put_setting
from faxcloud.store.records import keys
from faxcloud.store.records.keys import Key

NOW = dt.datetime(2026, 11, 22, 8, 0, tzinfo=dt.UTC)
KEY = Key("a1", "Ann", "analyst", "0" * 64, NOW, "local", reports=("r1", "r2"), contracts=("Ü; ' x",))


def test_a_key_is_read_as_it_was_written(catalogue: Catalogue):
    full = replace(KEY, expires_at=NOW + dt.timedelta(days=1))
    with catalogue.write() as conn:
        keys.insert_key(conn, full)
        later = NOW + dt.timedelta(hours=1)
        keys.insert_key(conn, replace(KEY, key_id="a2", reports=None, contracts=None, created_at=later))
    with catalogue.read() as conn:
        assert keys.find_key(conn, "a1") == full
        assert keys.find_key(conn, "a3") is None
        assert [key.key_id for key in keys.list_keys(conn)] == ["a2", "a1"]
        assert keys.list_keys(conn)[0].reports is None


def test_what_keys_may_do_has_a_version_and_their_use_has_none(catalogue: Catalogue):
    with catalogue.write() as conn:
        assert (keys.keys_version(conn), keys.has_keys(conn)) == (0, False)
        keys.insert_key(conn, KEY)
        made = keys.keys_version(conn)
        keys.touch_key(conn, "a1", NOW)
        assert (keys.keys_version(conn), keys.has_keys(conn)) == (made, True)
        keys.revoke_key(conn, "a1", NOW)
        assert keys.keys_version(conn) > made > 0


def test_a_key_that_was_revoked_keeps_the_date(catalogue: Catalogue):
    with catalogue.write() as conn:
        keys.insert_key(conn, KEY)
        keys.revoke_key(conn, "a1", NOW)
        keys.revoke_key(conn, "a1", NOW + dt.timedelta(days=3))
        found = keys.find_key(conn, "a1")
    assert found is not None
    assert found.revoked_at == NOW
    assert not found.is_usable(NOW)


def test_a_key_is_usable_up_to_the_moment_it_expires():
    key = replace(KEY, expires_at=NOW)
    assert key.is_usable(NOW - dt.timedelta(microseconds=1))
    assert not key.is_usable(NOW)


def test_roles_of_accounts_that_are_no_table_are_none(catalogue: Catalogue):
    with catalogue.write() as conn:
        assert keys.account_roles(conn) == {}
        put_setting(conn, keys.ACCOUNT_ROLES, ["admin"])
        assert keys.account_roles(conn) == {}
        put_setting(conn, keys.ACCOUNT_ROLES, {"ann@example.org": "admin"})
        assert keys.account_roles(conn) == {"ann@example.org": "admin"}
