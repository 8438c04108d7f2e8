"""Kinds of files that users really have: each gives the right numbers, or a refusal that says why."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from faxcloud.config import Settings
from faxcloud.errors import ImportRefused
from faxcloud.services.actors import SYSTEM, acting
from faxcloud.wiring import Services, build

FOLDER = Path(__file__).parents[2] / "data" / "wild"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text("utf-8"))
READ_ANYWAY = {"g01_biff.xls", "g02_libreoffice.ods"}
"""Files that may be refused, and are read."""

SUMS = """
    SELECT sum(pages)::INTEGER, sum(duration_s)::INTEGER, sum(billed_pages)::DOUBLE,
        min(sent_at)::DATE::VARCHAR, max(sent_at)::DATE::VARCHAR, list(DISTINCT user_name ORDER BY user_name)
    FROM read_parquet(?) WHERE report_id = ?
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wild") / "store"


@pytest.fixture(scope="module")
def services(home: Path) -> Iterator[Services]:
    with contextlib.closing(build(Settings(home=home))) as built, acting(SYSTEM):
        yield built


def numbers_of(services: Services, home: Path, file: str, **options: Any) -> dict[str, Any]:
    result = services.imports.import_file(FOLDER / file, force=True, **options)
    names = ("pages", "duration_s", "billed_pages", "first", "last", "names")
    sums = duckdb.execute(SUMS, [str(home / "lake" / "*.parquet"), result.report_id]).fetchone()
    counts = {
        name: getattr(result, name)
        for name in ("records", "imported", "rejected", "valid", "invalid", "sent")
    }
    told = {"warnings": dict(result.warnings), "notices": [notice["code"] for notice in result.notices]}
    return counts | dict(zip(names, sums or (), strict=True)) | told


@pytest.mark.parametrize("file", [name for name in EXPECTED if not name.startswith("g05")])
def test_wild_file_gives_the_expected_numbers_or_refusal(services: Services, home: Path, file: str) -> None:
    expected = EXPECTED[file]["numbers"]
    is_refused = ("refused" in expected or "refused_any" in expected) and file not in READ_ANYWAY
    if is_refused or file.startswith("f21"):
        with pytest.raises(ImportRefused) as caught:
            services.imports.import_file(FOLDER / file, force=True)
        assert caught.value.code == expected.get("refused", caught.value.code)
        assert expected.get("looks_like", "") in caught.value.message
        assert expected.get("looks_like_not", "nothing of the kind") not in caught.value.message
        return
    found = numbers_of(services, home, file)
    if file in READ_ANYWAY:
        expected = EXPECTED["a01_title_line_above_header.csv"]["numbers"]
    for name in expected.keys() & found.keys():
        is_amount = name == "billed_pages"
        assert found[name] == (pytest.approx(expected[name]) if is_amount else expected[name]), name
    if expected.get("told_future"):
        assert found["warnings"]["date.unlikely"] == 1
    if expected.get("told_formula"):
        assert "formulas.without_value" in found["notices"]
    assert found["pages"] != expected.get("not_pages", -1)
    assert (found["pages"] or 0) >= expected.get("pages_at_least", 0)


def test_dates_that_a_spreadsheet_swapped_are_put_right_when_the_order_is_chosen(
    services: Services, home: Path
) -> None:
    found = numbers_of(services, home, "f21_us_excel_opened_it.xlsx", dates="dmy")
    assert (found["first"], found["last"]) == ("2026-10-05", "2026-10-16")
    assert "dates.swapped" in found["notices"]


def test_dates_of_both_orders_are_refused_unless_one_is_chosen(
    services: Services, home: Path, tmp_path: Path
) -> None:
    lines = (FOLDER / "d08_dates_no_padding.csv").read_text("cp1252").splitlines()
    path = tmp_path / "both.csv"
    path.write_text("\n".join([*lines, lines[-1].replace("16/10/2026", "10/16/2026")]), "cp1252")
    with pytest.raises(ImportRefused) as caught:
        services.imports.import_file(path)
    assert caught.value.code == "import.contradictory_dates"
    result = services.imports.import_file(path, dates="dmy", force=True)
    assert result.warnings["date.unreadable"] == 1
