"""Usage and cost: tables equal plain Python with exact decimals, and lines add up to totals."""

import csv
import datetime as dt
import io
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from faxcloud.domain.filters import Filters
from faxcloud.errors import FilterInvalid, NotAllowed, PriceListInvalid
from faxcloud.i18n import translator
from faxcloud.services.actors import Actor, acting
from faxcloud.services.analytics.usage import BY, Usage
from faxcloud.services.imports.reports import Reports
from faxcloud.services.journal import Journal
from faxcloud.services.scoping import Scope
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.catalogue.state import put_setting
from faxcloud.store.catalogue.tables import audit_events
from faxcloud.store.queries.usage import UsageReader
from tests.small_lake import Fax, Questions, at, fax, small_lake

VIEWER = Actor("key:v", "viewer")
ANALYST = Actor("key:a", "analyst")

PRICES: dict[str, Any] = {
    "currency": "EUR",
    "prices": [
        {"billing_type": "Forfait", "per_page": "0.033335"},
        {"billing_type": "Forfait", "destination": "+377", "per_page": "0.2", "per_minute": "0.123457"},
        {"destination": "international", "per_call": "0.5", "per_minute": "0.07"},
        {"billing_type": "Gros", "per_page": "999999.999999", "per_minute": "1000000"},
        {"destination": "internal", "per_page": "0"},
        {"billing_type": "Cher", "per_page": "1000", "per_minute": "1000"},
    ],
}


def some_faxes(count: int, seed: int) -> list[Fax]:
    """Faxes of every kind that a price may meet, over three months and two reports."""
    chosen = random.Random(seed)
    return [
        fax(
            line,
            chosen.choice(("r1", "r2")),
            sent_at=chosen.choice((None, *(dt.datetime(2026, month, 15, 8) for month in (1, 2, 4)))),  # noqa: DTZ001
            user_name=chosen.choice(("Accueil", "Dr. Hélène", "")),
            reseller=chosen.choice(("Nord", "Sud")),
            number=chosen.choice(("33145221134", "37799123456", "0037799123456", "44201234567", "")),
            is_internal=chosen.choice((True, False, None)),
            is_international=chosen.choice((True, False, None)),
            billing_type=chosen.choice(("Forfait", "Réception", "Cher", "Gros", "")),
            billed_pages=chosen.choice(
                (None, *(Decimal(n) / 100 for n in (-150, 0, 1, 50, 333, 1_000_000, 1_000_001, 99_999_999)))
            ),
            duration_s=chosen.choice((None, 0, 1, 7, 59, 61, 1_000_000, 1_000_001, 2_147_483_647)),
            pages=chosen.choice((None, 0, 1, 7)),
        )
        for line in range(1, count + 1)
    ]


def oracle_destination(row: Fax) -> str:
    if row["is_internal"]:
        return "internal"
    if not row["is_international"]:
        return "national"
    return "+377" if row["number"].startswith(("377", "00377")) else "international"


def oracle_cost(row: Fax) -> Decimal | str | None:
    """By hand for `PRICES`: a cost, None where an amount is not told, `unpriced` where there is no line."""
    place, billed, seconds = oracle_destination(row), row["billed_pages"], row["duration_s"]
    page = call = minute = Fraction(0)
    if row["billing_type"] == "Forfait":
        page = Fraction("0.2") if place == "+377" else Fraction("0.033335")
        minute = Fraction("0.123457") if place == "+377" else Fraction(0)
    elif row["billing_type"] == "Cher":
        page, minute = Fraction(1_000), Fraction(1_000)
    elif row["billing_type"] == "Gros":
        page, minute = Fraction("999999.999999"), Fraction(1_000_000)
    elif place in ("+377", "international"):
        call, minute = Fraction("0.5"), Fraction("0.07")
    elif place != "internal":
        return "unpriced"
    if (page and billed is None) or (minute and seconds is None):
        return None
    exact = page * Fraction(billed or 0) + call + minute * Fraction(seconds or 0, 60)
    units = int(abs(exact) * 10_000 + Fraction(1, 2))
    return Decimal(units if exact >= 0 else -units) / 10_000


def key_of(row: Fax, by: str) -> Any:
    if by == "destination":
        return oracle_destination(row)
    if by == "month":
        return row["sent_at"] and row["sent_at"].date().replace(day=1)
    return row[{"user": "user_name", "report": "report_id"}.get(by, by)]


@dataclass(frozen=True)
class Shop:
    """A lake, and usage over it."""

    asked: Questions
    usage: Usage

    def notes(self) -> list[tuple[str, Any]]:
        with self.asked.catalogue.read() as conn:
            found = conn.execute(audit_events.select().order_by(audit_events.c.sequence)).mappings()
            return [(row["action"], row["details"]) for row in found]


def shop(folder: Path, rows: list[Fax]) -> Shop:
    asked = small_lake(folder / "lake", rows)
    journal = Journal(asked.catalogue, AuditTrail(folder / "keys", folder / "logs"))
    reader, scope = UsageReader(asked.engine, asked.cache), Scope(asked.catalogue)
    reports = Reports(asked.catalogue, asked.lake, journal)
    return Shop(asked, Usage(asked.faxes, reader, scope, asked.catalogue, journal, reports))


@pytest.fixture
def faxes() -> list[Fax]:
    return some_faxes(3_000, seed=4)


@pytest.fixture
def store(tmp_path: Path, faxes: list[Fax]) -> Iterator[Shop]:
    opened = shop(tmp_path, faxes)
    opened.usage.save_price_list(PRICES)
    yield opened
    opened.asked.engine.close()


@pytest.mark.parametrize("by", BY)
def test_every_cost_is_the_exact_one_and_the_lines_add_up_to_the_total(
    store: Shop, faxes: list[Fax], by: str
):
    costs: dict[Any, list[Decimal]] = defaultdict(list)
    others: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in faxes:
        key, cost = key_of(row, by), oracle_cost(row)
        others[key][0] += 1
        if isinstance(cost, Decimal):
            costs[key].append(cost)
        else:
            others[key][1 if cost == "unpriced" else 2] += 1
    table = store.usage.usage(Filters(), by)  # type: ignore[arg-type]
    assert {row["key"]: row["cost"] for row in table.rows} == {
        key: sum(costs[key]) if costs[key] else None for key in others
    }
    assert {
        row["key"]: [row["faxes"], row["without_price"], row["without_amount"]] for row in table.rows
    } == dict(others)
    for name in ("faxes", "pages", "billed_pages", "duration_s", "internal", "international", "cost"):
        assert table.total[name] == sum(row[name] for row in table.rows if row[name] is not None), name
    assert sum(row["faxes"] for row in table.unpriced) == table.total["without_price"]
    assert all(row["cost"] is None or row["cost"].as_tuple().exponent == -4 for row in table.rows)


def test_a_selection_and_its_complement_add_up_to_the_whole(store: Shop):
    whole = store.usage.usage(Filters()).total["cost"]
    parts = [store.usage.usage(Filters(report=report)).total["cost"] for report in ("r1", "r2")]
    assert sum(parts) == whole


def test_the_numbers_are_those_of_the_summary(store: Shop):
    values = store.asked.summaries.summary(Filters(report="r1")).values
    total = store.usage.usage(Filters(report="r1")).total
    for name in ("faxes", "pages", "billed_pages", "duration_s", "internal", "international"):
        assert float(total[name]) == values[name], name


def test_without_a_price_list_there_is_no_cost_and_every_fax_is_said_to_lack_a_price(
    tmp_path: Path, faxes: list[Fax]
):
    opened = shop(tmp_path, faxes)
    table = opened.usage.usage(Filters(), "billing_type")
    assert {row["cost"] for row in table.rows} == {None}
    assert table.total["cost"] is None
    assert table.total["without_price"] == len(faxes)
    opened.asked.engine.close()


def test_an_empty_store_has_no_cost(tmp_path: Path):
    opened = shop(tmp_path, [])
    opened.usage.save_price_list(PRICES)
    table = opened.usage.usage(Filters())
    assert (table.rows, table.unpriced, table.total["faxes"], table.total["cost"]) == ([], [], 0, None)
    assert opened.usage.months(Filters()) == []
    opened.asked.engine.close()


def test_a_new_price_counts_at_once_and_a_bad_one_changes_nothing(store: Shop):
    only_reception = Filters(report="r1")
    before = store.usage.usage(only_reception, "billing_type")
    store.usage.save_price_list({"currency": "CHF", "prices": [{"per_call": "2"}]})
    after = store.usage.usage(only_reception, "billing_type")
    assert after.prices.currency == "CHF"
    assert after.total["cost"] == 2 * after.total["faxes"] != before.total["cost"]
    with pytest.raises(PriceListInvalid):
        store.usage.save_price_list({"prices": [{"per_call": "-2"}]})
    assert store.usage.usage(only_reception, "billing_type") == after
    saved = [details for action, details in store.notes() if action == "setting.change"]
    assert [(each["from"], each["to"]) for each in saved] == [(0, 6), (6, 1)]


def test_a_list_that_was_broken_by_hand_is_refused_and_not_taken_for_none(store: Shop):
    with store.asked.catalogue.write() as conn:
        put_setting(conn, "usage.price_list", {"prices": [{"per_page": "viel"}]})
    with pytest.raises(PriceListInvalid):
        store.usage.usage(Filters())


def test_months_are_compared_where_both_are_whole(tmp_path: Path):
    rows = [
        fax(1, sent_at=at(2), billing_type="Forfait", billed_pages=Decimal(10)),
        fax(2, sent_at=at(30), billing_type="Forfait", billed_pages=Decimal(10)),
        fax(3, sent_at=dt.datetime(2026, 4, 28, 9), billing_type="Forfait", billed_pages=Decimal(30)),  # noqa: DTZ001
        fax(4, sent_at=dt.datetime(2026, 6, 10, 9), billing_type="Forfait", billed_pages=Decimal(5)),  # noqa: DTZ001
        fax(5, sent_at=None, billing_type="Forfait", billed_pages=Decimal(5)),
    ]
    opened = shop(tmp_path, rows)
    opened.usage.save_price_list({"prices": [{"per_page": "0.1"}]})
    months = opened.usage.months(Filters())
    assert [(row["start"].month, row["cost"], row["is_whole"], row["cost_change"]) for row in months] == [
        (3, Decimal(2), True, None),
        (4, Decimal(3), True, 0.5),
        (5, None, True, None),
        (6, Decimal("0.5"), False, None),
    ]
    assert months[2]["faxes_change"] == -1.0
    cut = opened.usage.months(Filters(start_date=dt.date(2026, 3, 2), end_date=dt.date(2026, 4, 30)))
    assert [(row["is_whole"], row["cost_change"]) for row in cut] == [(False, None), (True, None)]
    undated = [row for row in opened.usage.usage(Filters(), "month").rows if row["key"] is None]
    assert [row["cost"] for row in undated] == [Decimal("0.5")]
    opened.asked.engine.close()


def test_the_period_before_is_compared_with(store: Shop):
    table = store.usage.usage(Filters(start_date=dt.date(2026, 2, 1), end_date=dt.date(2026, 2, 28)))
    before = store.usage.usage(Filters(start_date=dt.date(2026, 1, 4), end_date=dt.date(2026, 1, 31)))
    assert table.previous == before.total
    assert before.total["cost"] is not None


@pytest.mark.parametrize("by", BY)
def test_the_csv_for_accounting_adds_up_to_its_last_line(store: Shop, by: str):
    with acting(ANALYST):
        french = store.usage.csv(Filters(), by, translator("fr"))  # type: ignore[arg-type]
        english = store.usage.csv(Filters(), by, translator("en"))  # type: ignore[arg-type]
    lines = list(csv.reader(io.StringIO(english.decode("utf-8-sig"))))
    assert {len(line) for line in lines} == {10}
    for place in range(1, 10):
        parts = [Decimal(line[place]) for line in lines[1:-1] if line[place]]
        assert sum(parts) == Decimal(lines[-1][place])
    same = list(csv.reader(io.StringIO(french.decode("utf-8-sig")), delimiter=";"))
    assert [line[7].replace(",", ".") for line in same[1:]] == [line[7] for line in lines[1:]]
    assert "." not in same[-1][7]
    assert store.notes()[-1] == (
        "usage.export",
        {"by": by, "format": "csv", "rows": len(lines) - 2, "filters": []},
    )


def test_the_workbook_holds_numbers_and_the_prices(store: Shop, tmp_path: Path):
    (tmp_path / "usage.xlsx").write_bytes(store.usage.workbook(Filters(), "billing_type", translator("en")))
    book = CalamineWorkbook.from_path(str(tmp_path / "usage.xlsx"))
    usage, prices = (book.get_sheet_by_name(name).to_python() for name in ("Usage", "Price list"))
    total = store.usage.usage(Filters(), "billing_type").total
    assert usage[-1][0] == "Total"
    assert usage[-1][7] == pytest.approx(float(total["cost"]), rel=1e-14)  # 16 digits are kept
    assert [line[4] for line in prices[1:]] == ["", "0.123457", "0.07", "1000000", "", "1000"]


def test_a_name_that_is_a_formula_is_text_in_the_files(tmp_path: Path):
    opened = shop(tmp_path, [fax(1, user_name="=1+1"), fax(2, user_name='a;"b')])
    text = opened.usage.csv(Filters(), "user", translator("fr")).decode("utf-8-sig")
    assert '"=""=1+1"""' in text
    assert next(csv.reader(io.StringIO(text.splitlines()[2]), delimiter=";"))[0] in ('="=1+1"', 'a;"b')
    opened.asked.engine.close()


def test_a_viewer_sees_usage_without_addresses_and_exports_and_changes_nothing(tmp_path: Path):
    opened = shop(tmp_path, [fax(1, user_name="helene@chu.example", billing_type="06 12 34 56 78")])
    with acting(VIEWER):
        assert opened.usage.usage(Filters()).rows[0]["key"] == "••••••"
        assert opened.usage.usage(Filters()).unpriced[0]["billing_type"] == "06 1• •• •• 78"
        with pytest.raises(NotAllowed):
            opened.usage.csv(Filters(), "user", translator("en"))
        with pytest.raises(NotAllowed):
            opened.usage.workbook(Filters(), "user", translator("en"))
    for actor in (VIEWER, ANALYST, Actor("key:s", "admin", contracts=("c",))):
        with acting(actor), pytest.raises(NotAllowed):
            opened.usage.save_price_list(PRICES)
    assert opened.notes() == []
    opened.asked.engine.close()


def test_an_actor_of_one_report_sees_the_cost_of_that_report(store: Shop):
    alone = store.usage.usage(Filters(report="r1")).total
    with acting(Actor("key:s", "analyst", reports=("r1",))):
        assert store.usage.usage(Filters()).total == alone


def test_an_unknown_grouping_is_refused(store: Shop):
    with pytest.raises(FilterInvalid):
        store.usage.usage(Filters(), "number")  # type: ignore[arg-type]
