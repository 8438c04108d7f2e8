"""Command output as JSON and text, for every encoding of stdout."""

import datetime as dt
import decimal
import io
import json
import sys
from pathlib import Path
from types import MappingProxyType

import pytest

from faxcloud.cli.output import json_text, say_json_array
from faxcloud.domain.rulesets.ruleset import LocalisedText


def test_every_kind_of_value_that_services_return_has_a_json():
    values = {
        "day": dt.date(2026, 11, 5),
        "instant": dt.datetime(2026, 11, 5, 8, 30, tzinfo=dt.UTC),
        "amount": decimal.Decimal("1.50"),
        "path": Path("a"),
        "words": LocalisedText("Faxes", "Fax"),
        "counts": MappingProxyType({"pages.zero": 1}),
        "several": (1, 2),
    }
    assert json.loads(json_text(values)) == {
        "day": "2026-11-05",
        "instant": "2026-11-05T08:30:00+00:00",
        "amount": 1.5,
        "path": "a",
        "words": {"en": "Faxes", "fr": "Fax"},
        "counts": {"pages.zero": 1},
        "several": [1, 2],
    }


def test_not_a_number_is_never_written_as_json():
    with pytest.raises(ValueError, match="Out of range"):
        json_text(float("nan"))


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
@pytest.mark.parametrize("name", ["Émile", "日本", "\U0001f4e0", "\udcff"])
def test_json_survives_any_encoding_of_stdout(encoding: str, name: str, monkeypatch: pytest.MonkeyPatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    text = json_text({"file": name})
    assert json.loads(text.encode(encoding).decode(encoding)) == {"file": name}


@pytest.mark.parametrize("rows", [[], [1], [{"a": 1}, {"a": 2}]])
def test_an_array_is_written_as_its_rows_come(rows: list[object], capsys: pytest.CaptureFixture[str]):
    say_json_array(iter(rows))
    assert json.loads(capsys.readouterr().out) == rows
