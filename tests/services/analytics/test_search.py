"""Search results: a page and a single fax show every column under its published name."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from faxcloud.domain.columns import COLUMN_NAMES
from faxcloud.domain.entries import ENTRY, ENTRY_NAMES
from faxcloud.domain.filters import Filters, Paging
from tests.small_lake import Questions, at, small_lake


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Questions]:
    asked = small_lake(tmp_path / "lake")
    yield asked
    asked.engine.close()


def test_the_published_names_are_the_contracts_and_leave_no_column_out() -> None:
    assert ENTRY_NAMES[:9] == (
        "fax_id", "mode", "numero_original", "numero_normalise", "pages", "valide", "erreurs", "date_heure",
        "utilisateur",
    )  # fmt: skip
    assert sorted(column.column for column in ENTRY) == sorted(COLUMN_NAMES)


def test_a_fax_is_shown_in_full(small: Questions) -> None:
    shown = small.search.fax("r1", 1)
    assert shown is not None
    assert tuple(shown) == ENTRY_NAMES
    known = {
        "fax_id": "901", "mode": "SF", "numero_original": "+33 1 45 22 11 34", "pages": 3, "valide": True,
        "numero_normalise": "33145221134", "erreurs": "", "date_heure": at(4), "utilisateur": "Dr. Hélène",
        "pages_facturees": Decimal("3.50"), "report_id": "r1", "line": 1,
    }  # fmt: skip
    assert shown == shown | known


def test_a_fax_that_is_not_there_is_none(small: Questions) -> None:
    assert small.search.fax("r1", 99) is None
    assert small.search.fax("r9", 1) is None


def test_a_page_says_where_it_stands(small: Questions) -> None:
    page = small.search.page(Filters(), Paging(page=3, per_page=3))
    assert (page.total, page.page, page.per_page, page.pages, len(page.results)) == (8, 3, 3, 3, 2)
    assert tuple(page.results[0]) == ENTRY_NAMES
