"""Status command."""

import pytest

from tests.cli.conftest import Faxcloud

KEYS = {"reports", "faxes", "valid", "invalid", "compliance_rate", "store", "system", "server"}


def test_an_empty_store_has_no_compliance_rather_than_none_or_all(faxcloud: Faxcloud):
    status = faxcloud("status", "--json").document
    assert status.keys() >= KEYS
    assert (status["reports"], status["faxes"], status["compliance_rate"]) == (0, 0, None)
    assert "Compliance " in faxcloud("status").out
    assert "%" not in faxcloud("status").out.split("store.home")[0]


def test_a_store_says_what_it_holds(loaded: Faxcloud):
    status = loaded("status", "--json").document
    assert (status["reports"], status["faxes"], status["valid"], status["invalid"]) == (1, 6, 4, 2)
    assert status["compliance_rate"] == pytest.approx(4 / 6)
    assert status["store"]["lake_bytes"] > 0
    assert status["system"]["memory_mb"] > 0


def test_the_same_in_words(loaded: Faxcloud):
    out = loaded("status").out
    assert "Compliance" in out
    assert "66.7%" in out
    assert "store.lake_version" in out
