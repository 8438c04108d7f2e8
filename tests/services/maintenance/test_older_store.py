"""A store that an earlier version made: its data files lack the newest columns."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from faxcloud.domain.filters import Filters, Paging
from tests.live_store import HEADER, opened

STORE = Path(__file__).parents[2] / "stores" / "2026-11.zip"
"""30 invented faxes in one import."""

OWN = """
id = "own"
extends = "faxcloud-3"
title = { en = "Own", fr = "Le nôtre" }
description = { en = "Reads the newest columns.", fr = "Lit les colonnes récentes." }
[[rules]]
id = "pages.timed"
field = "pages"
severity = "error"
when = "raw_duration_s = 'long'"
label = { en = "Timed", fr = "Durée" }
explanation = { en = "The duration is long.", fr = "La durée est longue." }
remedy = { en = "None.", fr = "Aucun." }
"""


@pytest.fixture
def home(tmp_path):
    zipfile.ZipFile(STORE).extractall(tmp_path / "store")
    (tmp_path / "store" / "rulesets").mkdir()
    (tmp_path / "store" / "rulesets" / "own.toml").write_text(OWN, "utf-8")
    return tmp_path / "store"


def raw_durations(services):
    return [row["duree_brute"] for row in services.search.page(Filters(), Paging(per_page=100)).results]


def test_faxes_of_an_older_store_are_read_exported_judged_and_rewritten(home, tmp_path):
    exported = tmp_path / "faxes.parquet"
    with opened(home) as services:
        assert raw_durations(services) == [None] * 30
        assert raw_durations(services) == [None] * 30  # a second question is answered from memory
        services.exports.write(Filters(), "parquet", exported)
        assert services.validation.run("own", dry_run=True).scanned == 30
        assert services.validation.run("own").changed == 0
        assert services.maintenance.check() == []
        assert raw_durations(services) == [None] * 30
    assert pq.read_table(exported).column("duree_brute").null_count == 30


def test_an_older_store_takes_new_faxes_beside_its_own(home, tmp_path):
    path = tmp_path / "new.csv"
    path.write_text(f"{HEADER};Durée\n1;A;SF;02/01/2026 08:05;33145221134;1;long\n", "utf-8")
    with opened(home) as services:
        result = services.imports.import_file(path)
        assert sorted(filter(None, raw_durations(services))) == ["long"]
        assert services.validation.run("own", dry_run=True).newly_invalid == 1
        services.maintenance.compact()
        assert sorted(filter(None, raw_durations(services))) == ["long"]
        services.reports.delete(result.report_id)
        assert raw_durations(services) == [None] * 30
        assert services.maintenance.check() == []
    assert "raw_duration_s" in [field.name for field in DeltaTable(str(home / "lake")).schema().fields]
