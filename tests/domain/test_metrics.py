from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faxcloud.domain.columns import FAXES
from faxcloud.domain.metrics import METRICS

ROW = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(("SF", "RF", "XX", "")),
        "pages": st.none() | st.integers(-1, 9),
        "billed_pages": st.none() | st.sampled_from((Decimal("1.00"), Decimal("2.50"))),
        "duration_s": st.none() | st.integers(0, 99),
        "user_name": st.sampled_from(("", "a", "b")),
        "is_internal": st.sampled_from((None, True, False)),
        "is_international": st.sampled_from((None, True, False)),
        "violations": st.sampled_from(("", "mode.missing", "mode.missing|number.length|pages.zero")),
    }
)


def counted(rows):
    """Each number once more, in plain Python."""
    valid = sum(row["violations"] == "" for row in rows)
    by_mode = {mode: [row for row in rows if row["mode"] == mode] for mode in ("SF", "RF")}

    with_pages = sum((row["pages"] or 0) > 0 for row in rows)

    def total(name, among=rows):
        return sum(row[name] or 0 for row in among)

    return {
        "faxes": len(rows),
        "valid": valid,
        "invalid": len(rows) - valid,
        "compliance_rate": valid / len(rows) if rows else None,
        "violations": sum(len([part for part in row["violations"].split("|") if part]) for row in rows),
        "sent": len(by_mode["SF"]),
        "received": len(by_mode["RF"]),
        "unknown_mode": sum(row["mode"] not in ("SF", "RF") for row in rows),
        "pages": total("pages"),
        "pages_sent": total("pages", by_mode["SF"]),
        "pages_received": total("pages", by_mode["RF"]),
        "average_pages": total("pages") / with_pages if with_pages else None,
        "billed_pages": total("billed_pages"),
        "duration_s": total("duration_s"),
        "users": len({row["user_name"] for row in rows} - {""}),
        "internal": sum(row["is_internal"] is True for row in rows),
        "international": sum(row["is_international"] is True for row in rows),
    }


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as opened:
        columns = ", ".join(f"{column.name} {column.sql_type}" for column in FAXES)
        opened.execute(f"CREATE TABLE faxes ({columns})")
        yield opened


def measured(connection, rows):
    connection.execute("TRUNCATE faxes")
    for row in rows:
        judged = {**row, "is_valid": row["violations"] == ""}
        marks = ", ".join("?" * len(judged))
        connection.execute(f"INSERT INTO faxes ({', '.join(judged)}) VALUES ({marks})", list(judged.values()))
    numbers = ", ".join(metric.sql for metric in METRICS)
    return dict(
        zip(
            (metric.key for metric in METRICS),
            connection.execute(f"SELECT {numbers} FROM faxes").fetchone(),
            strict=True,
        )
    )


@settings(max_examples=20, deadline=None)
@given(st.lists(ROW, max_size=20))
def test_every_published_number_equals_a_plain_count(connection, rows):
    assert measured(connection, rows) == counted(rows)


def test_no_rows_give_what_each_metric_says_and_never_a_rate(connection):
    assert measured(connection, []) == {metric.key: metric.no_data for metric in METRICS}
    assert counted([])["compliance_rate"] is None


def test_every_metric_says_what_it_counts():
    assert len({metric.key for metric in METRICS}) == len(METRICS)
    assert all(metric.label and metric.basis for metric in METRICS)
