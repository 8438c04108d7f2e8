"""Fax queries: filters, search texts and pages, on a lake known by hand and on random ones."""

import datetime as dt
import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faxcloud.domain.filters import OTHER_MODES, SORTABLE, Filters, Paging
from faxcloud.store.queries import row_pages
from tests.small_lake import SMALL, Fax, Questions, ask, at, fax, small_lake, store

ALL = [("r1", 1), ("r1", 2), ("r1", 3), ("r1", 4), ("r1", 5), ("r2", 1), ("r2", 2), ("r2", 3)]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Questions]:
    asked = small_lake(tmp_path / "lake")
    yield asked
    asked.engine.close()


def found(asked: Questions, filters: Filters) -> list[tuple[str, int]]:
    """The rows found, and the promise that count and page agree."""
    page = asked.search.page(filters, Paging(per_page=1000))
    selection = asked.faxes.select(filters)
    assert page.total == len(page.results) == asked.faxes.count(selection)
    assert asked.summaries.summary(filters).values["faxes"] == page.total
    return sorted((row["report_id"], row["line"]) for row in page.results)


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        (Filters(), ALL),
        (Filters(report="r2"), ALL[5:]),
        (Filters(report="r3"), []),
        (Filters(mode="SF"), [("r1", 1), ("r1", 3), ("r2", 2)]),
        (Filters(mode=OTHER_MODES), [("r1", 5)]),
        (Filters(status="invalid"), [("r1", 3), ("r1", 5), ("r2", 2)]),
        (Filters(status="valid", report="r1"), [("r1", 1), ("r1", 2), ("r1", 4)]),
        (Filters(rule="pages.zero"), [("r1", 3)]),
        (Filters(rule="date.unreadable"), [("r2", 2)]),
        (Filters(rule="number"), []),
        (Filters(user="Accueil"), [("r1", 2), ("r1", 3), ("r1", 4)]),
        (Filters(number_type="fixe"), [("r1", 4)]),
        (Filters(start_date=at(4).date(), end_date=at(4).date()), [("r1", 1), ("r1", 2), ("r1", 3)]),
        (Filters(start_date=dt.date(2026, 3, 6)), [("r1", 5), ("r2", 1), ("r2", 3)]),
        (Filters(end_date=dt.date(2026, 3, 5)), [("r1", 1), ("r1", 2), ("r1", 3), ("r1", 4)]),
        (Filters(pages_min=3), [("r1", 1), ("r1", 4), ("r2", 2)]),
        (Filters(pages_max=0), [("r1", 3)]),
    ],
)  # fmt: skip
def test_each_filter_means_what_it_says(
    small: Questions, filters: Filters, rows: list[tuple[str, int]]
) -> None:
    assert found(small, filters) == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("33145221134", [("r1", 1), ("r1", 2), ("r2", 1)]),  # called twice, sends once
        ("01.45.22.11.34", [("r1", 1), ("r1", 2), ("r2", 1)]),
        ("+33 1 45 22 11 34", [("r1", 1), ("r1", 2), ("r2", 1)]),
        ("901", [("r1", 1), ("r2", 1)]),  # a whole fax id, on two rows
        ("90", [("r1", 1), ("r1", 2), ("r1", 3), ("r1", 5), ("r2", 1), ("r2", 2)]),
        ("45221", [("r1", 1), ("r1", 2), ("r2", 1)]),
        ("helene", [("r1", 1), ("r2", 1)]),
        ("HÉLÈNE", [("r1", 1), ("r2", 1)]),
        ("chu.example", [("r1", 1)]),
        ("a_", [("r1", 4)]),  # no wildcard: AB1 is not found
        ("%", [("r2", 3)]),
        ("=1+1", [("r2", 2)]),
        ("nothing like it", []),
    ],
)
def test_a_search_text_means_a_whole_number_or_id_or_a_part(
    small: Questions, text: str, rows: list[tuple[str, int]]
) -> None:
    assert found(small, Filters(q=text)) == rows


def test_a_search_is_narrowed_by_the_other_filters(small: Questions) -> None:
    assert found(small, Filters(q="33145221134", report="r2")) == [("r2", 1)]
    assert found(small, Filters(q="helene", status="invalid")) == []


def test_a_search_that_finds_too_many_rows_to_keep_answers_the_same(
    small: Questions, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [small.search.page(Filters(q=text), Paging(per_page=3)) for text in ("90", "e", "33145221134")]
    small.cache.clear()
    monkeypatch.setattr(row_pages, "MOST_HITS", 1)
    again = [small.search.page(Filters(q=text), Paging(per_page=3)) for text in ("90", "e", "33145221134")]
    assert again == kept


def test_an_empty_lake_and_none_at_all_have_no_rows(tmp_path: Path) -> None:
    for prepare in (lambda asked: None, lambda asked: asked.lake.create()):
        asked = ask(tmp_path / "lake")
        prepare(asked)
        assert found(asked, Filters()) == []
        assert found(asked, Filters(q="33145221134", start_date=dt.date(2026, 1, 1))) == []
        assert asked.search.fax("r1", 1) is None
        asked.engine.close()


def test_rows_are_newest_first_and_those_without_a_date_last(small: Questions) -> None:
    rows = [(row["report_id"], row["line"]) for row in small.search.page(Filters()).results]
    assert rows == [
        ("r2", 3), ("r2", 1), ("r1", 5), ("r1", 4), ("r1", 3), ("r1", 2), ("r1", 1), ("r2", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("far", [0, 1_000])
@pytest.mark.parametrize("filters", [Filters(), Filters(q="9"), Filters(mode="RF")])
def test_pages_repeat_and_skip_nothing_in_any_order(
    small: Questions, monkeypatch: pytest.MonkeyPatch, filters: Filters, far: int
) -> None:
    monkeypatch.setattr(row_pages, "FAR", far)
    for sort in (sign + column for column in SORTABLE for sign in ("", "-")):
        whole = small.search.page(filters, Paging(sort=sort, per_page=1000))
        count = -(-whole.total // 3)
        pieces = [
            small.search.page(filters, Paging(sort=sort, page=page, per_page=3))
            for page in range(1, count + 1)
        ]
        assert list(itertools.chain.from_iterable(piece.results for piece in pieces)) == whole.results
        assert [(piece.total, piece.pages) for piece in pieces] == [(whole.total, count)] * count


def test_a_page_beyond_the_end_is_empty_and_knows_the_total(small: Questions) -> None:
    page = small.search.page(Filters(), Paging(page=1_000_000, per_page=3))
    assert (page.total, page.pages, page.results) == (8, 3, [])


def test_an_answer_changes_when_the_lake_does(small: Questions) -> None:
    assert small.search.page(Filters()).total == 8
    store(small.lake, [fax(1, "r3", sent_at=at(10))], "r3")
    assert small.search.page(Filters()).total == 9


def test_files_that_cannot_hold_the_selection_are_not_read(small: Questions) -> None:
    next(small.lake.folder.glob("part-r1-0000-*.parquet")).unlink()
    assert small.search.page(Filters(report="r2")).total == 3
    assert small.search.page(Filters(start_date=dt.date(2026, 3, 7))).total == 2


TEXTS = st.sampled_from(["", "901", "902", "33145221134", "0145221134", "é", "A_1", "%", "ab", "Dr. Hélène"])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "fax_id": TEXTS,
            "user_name": TEXTS,
            "called_text": TEXTS,
            "mode": st.sampled_from(["SF", "RF", "XX", ""]),
            "pages": st.none() | st.integers(0, 3),
            "sent_at": st.none() | st.datetimes(at(1, 0), at(5, 0)),
            "violations": st.sampled_from(["", "pages.zero", "mode.unknown|pages.zero"]),
        }
    ),
    max_size=12,
)
FILTERS = st.builds(
    Filters,
    report=st.none() | st.just("r1"),
    mode=st.sampled_from([None, None, "SF", OTHER_MODES]),
    status=st.sampled_from([None, None, "valid", "invalid"]),
    rule=st.sampled_from([None, None, "pages.zero"]),
    user=st.sampled_from([None, None, "é"]),
    weekday=st.sampled_from([None, None, 1]),
    start_date=st.none() | st.just(dt.date(2026, 3, 2)),
    end_date=st.none() | st.just(dt.date(2026, 3, 3)),
    pages_min=st.none() | st.just(1),
    pages_max=st.none() | st.just(2),
)


def in_selection(row: Fax, filters: Filters) -> bool:
    """The filters once more, in plain Python."""
    day = row["sent_at"] and row["sent_at"].date()
    tests: list[Callable[[], bool]] = [
        lambda: filters.report in (None, row["report_id"]),
        lambda: (
            filters.mode in (None, row["mode"])
            or (filters.mode == OTHER_MODES and row["mode"] not in ("SF", "RF"))
        ),
        lambda: filters.status in (None, "valid" if row["is_valid"] else "invalid"),
        lambda: filters.rule is None or filters.rule in row["violations"].split("|"),
        lambda: filters.user in (None, row["user_name"]),
        lambda: filters.weekday is None or (day is not None and day.isoweekday() == filters.weekday),
        lambda: filters.start_date is None or (day is not None and day >= filters.start_date),
        lambda: filters.end_date is None or (day is not None and day <= filters.end_date),
        lambda: filters.pages_min is None or (row["pages"] is not None and row["pages"] >= filters.pages_min),
        lambda: filters.pages_max is None or (row["pages"] is not None and row["pages"] <= filters.pages_max),
    ]
    return all(test() for test in tests)


@given(values=ROWS, filters=FILTERS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_answer_equals_a_plain_python_count(values: list[dict[str, Any]], filters: Filters) -> None:
    rows = [fax(line, "r1" if line % 3 else "r2", **each) for line, each in enumerate(values, 1)]
    wanted = [row for row in rows if in_selection(row, filters)]
    with tempfile.TemporaryDirectory() as folder:
        asked = small_lake(Path(folder, "lake"), rows)
        assert found(asked, filters) == sorted((row["report_id"], row["line"]) for row in wanted)
        totals = asked.summaries.summary(filters).values
        asked.engine.close()
    assert totals["valid"] == sum(row["is_valid"] for row in wanted)
    assert totals["pages"] == sum(row["pages"] or 0 for row in wanted)
    assert totals["violations"] == sum(
        len(row["violations"].split("|")) for row in wanted if row["violations"]
    )
    assert totals["unknown_mode"] == sum(row["mode"] not in ("SF", "RF") for row in wanted)
    assert totals["users"] == len({row["user_name"] for row in wanted} - {""})
    has_rate = wanted and not filters.asks_verdict
    assert totals["compliance_rate"] == (totals["valid"] / len(wanted) if has_rate else None)


def test_the_small_lake_has_a_row_of_each_kind() -> None:
    assert [(row["report_id"], row["line"]) for row in SMALL] == ALL
