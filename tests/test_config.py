"""Settings from the environment: read once, complete, invalid ones refused by name."""

import re
from pathlib import Path

import pytest

from faxcloud.config import EXPECTED, PREFIX, Settings, load_settings, settings_help
from faxcloud.errors import SettingInvalid, SettingUnknown
from faxcloud.i18n import translator

SECRET = "hunter2-hunter2"


def test_without_any_variable_the_store_is_under_the_working_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    settings = load_settings({"PATH": "/bin"})
    assert settings.home == tmp_path / "data" / "store"
    assert settings.catalogue_url == f"sqlite:///{(tmp_path / 'data/store/catalogue.sqlite').as_posix()}"
    assert settings.lake_uri == str(tmp_path / "data" / "store" / "lake")
    assert settings.lake_is_local
    assert settings.rulesets_folder == tmp_path / "data" / "store" / "rulesets"
    assert (settings.timezone, settings.rate_limit, settings.inbox) == ("Europe/Paris", "60/minute", None)


def test_every_variable_of_the_contract_is_read(tmp_path: Path):
    settings = load_settings(
        {
            "FAXCLOUD_HOME": str(tmp_path),
            "FAXCLOUD_DATABASE_URL": f"postgresql://fax:{SECRET}@db/faxcloud",
            "FAXCLOUD_LAKE_URL": "s3://bucket/lake/",
            "FAXCLOUD_REDIS_URL": "redis://cache:6379/0",
            "FAXCLOUD_ADMIN_KEY": SECRET,
            "FAXCLOUD_INBOX": str(tmp_path / "inbox"),
            "FAXCLOUD_TIMEZONE": "Indian/Reunion",
            "FAXCLOUD_RATE_LIMIT": "5/second",
            "FAXCLOUD_MEMORY_LIMIT": "1.5 GiB",
        }
    )
    assert settings.catalogue_url == f"postgresql://fax:{SECRET}@db/faxcloud"
    assert (settings.lake_uri, settings.lake_is_local) == ("s3://bucket/lake", False)
    assert settings.redis_url is not None
    assert settings.admin_key is not None
    assert settings.admin_key.get_secret_value() == SECRET
    assert settings.inbox == tmp_path / "inbox"
    assert settings.zone.key == "Indian/Reunion"
    assert (settings.rate_limit, settings.memory_limit) == ("5/second", "1.5 GiB")
    assert SECRET not in repr(settings)


def test_settings_made_by_hand_ignore_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("FAXCLOUD_TIMEZONE", "Indian/Reunion")
    assert Settings(home=tmp_path).timezone == "Europe/Paris"


def test_an_empty_variable_counts_as_absent():
    assert load_settings({"FAXCLOUD_LAKE_URL": "", "FAXCLOUD_TIMEZONE": " "}).timezone == "Europe/Paris"


@pytest.mark.parametrize(
    "key", ["password", "12345678", "Password2026!", "aaaaaaaaaaaaaaaaaaaa", "azertyuiop12"]
)
def test_an_administrators_key_that_is_easy_to_guess_is_refused(key: str):
    with pytest.raises(SettingInvalid) as refused:
        load_settings({"FAXCLOUD_ADMIN_KEY": key})
    assert "hard to guess" in refused.value.hint + refused.value.message


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("FAXCLOUD_TIMEZOME", "FAXCLOUD_TIMEZONE"),
        ("FAXCLOUD_LAKE", "FAXCLOUD_LAKE_URL"),
        ("FAXCLOUD_home", "FAXCLOUD_HOME"),
        ("FAXCLOUD_MEMORYLIMIT", "FAXCLOUD_MEMORY_LIMIT"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_nearest_known_name(variable: str, nearest: str):
    with pytest.raises(SettingUnknown) as refused:
        load_settings({variable: "x"})
    assert variable in refused.value.message
    assert nearest in refused.value.hint


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FAXCLOUD_TIMEZONE", "Europe/Pariss"),
        ("FAXCLOUD_TIMEZONE", "../etc/passwd"),
        ("FAXCLOUD_TIMEZONE", "Europe"),
        ("FAXCLOUD_MEMORY_LIMIT", "2"),
        ("FAXCLOUD_MEMORY_LIMIT", "0GB"),
        ("FAXCLOUD_MEMORY_LIMIT", "lots"),
        ("FAXCLOUD_CACHE_TTL", "0"),
        ("FAXCLOUD_CACHE_TTL", "60,unheard=5"),
        ("FAXCLOUD_RATE_LIMIT", "60"),
        ("FAXCLOUD_RATE_LIMIT", "0/minute"),
        ("FAXCLOUD_RATE_LIMIT", "60/fortnight"),
        ("FAXCLOUD_HOME", __file__),
        ("FAXCLOUD_INBOX", __file__),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name_and_value(variable: str, value: str):
    with pytest.raises(SettingInvalid) as refused:
        load_settings({variable: value})
    assert refused.value.values == {
        "setting": variable,
        "value": value,
        "expected": EXPECTED[variable.removeprefix(PREFIX).lower()],
    }


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FAXCLOUD_DATABASE_URL", f"mysql://fax:{SECRET}@db/fax"),
        ("FAXCLOUD_DATABASE_URL", f"postgresql:/fax:{SECRET}@db"),
        ("FAXCLOUD_DATABASE_URL", "postgresql://"),
        ("FAXCLOUD_LAKE_URL", f"ftp://fax:{SECRET}@lake/faxes"),
        ("FAXCLOUD_LAKE_URL", "s3://"),
        ("FAXCLOUD_REDIS_URL", f"http://:{SECRET}@cache"),
        ("FAXCLOUD_REDIS_URL", SECRET),
        ("FAXCLOUD_ADMIN_KEY", f"{SECRET} x"),
        ("FAXCLOUD_ADMIN_KEY", "hunter2"),
        ("FAXCLOUD_ADMIN_KEY", "hunter2hunter2hunter2"),
    ],
)
def test_a_refusal_never_shows_a_key_or_a_password(variable: str, value: str):
    with pytest.raises(SettingInvalid) as refused:
        load_settings({variable: value})
    assert variable in refused.value.message
    assert "hunter2" not in refused.value.message + refused.value.hint + repr(refused.value.values)
    assert refused.value.__suppress_context__, "pydantic's error holds the value"


def test_a_lake_may_be_a_plain_folder(tmp_path: Path):
    settings = load_settings({"FAXCLOUD_LAKE_URL": str(tmp_path / "elsewhere")})
    assert settings.lake_uri == str(tmp_path / "elsewhere")
    assert settings.lake_is_local


def test_the_help_has_a_line_for_each_setting_in_both_languages():
    rows = settings_help()
    assert [row.variable for row in rows] == [PREFIX + name.upper() for name in Settings.model_fields]
    assert {row.variable: row.default for row in rows}["FAXCLOUD_HOME"] == "data/store"
    for row in rows:
        assert re.fullmatch(r"[A-Z].*\.", row.description)
        assert translator("fr")(row.description) != row.description
        assert translator("fr")(row.expected) != row.expected


def test_the_name_of_the_public_address_is_a_name_of_this_server():
    settings = Settings(hosts="fax.lan", public_url="https://Fax.Example.org:8443/")
    assert settings.host_names == ("fax.lan", "fax.example.org")
    assert settings.public_url == "https://Fax.Example.org:8443"
