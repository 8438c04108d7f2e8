"""Dashboard rivals: a pandas DataFrame in memory, and an SQLite database with indexes.

Both are tuned: pandas has texts as categories, SQLite a covering index for each query.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.child import Clock
from benchmarks.data import lake_files
from benchmarks.measuring import Answer

TEXTS = ("mode", "violations", "user_name")
COLUMNS = (
    *TEXTS,
    *("is_valid", "sent_at", "pages", "duration_s", "billed_pages", "is_international", "is_internal"),
)
SEARCHED = ("fax_id", "number", "called_text", "sender_number", "user_email")


def by_pandas(home: str, rounds: int) -> Answer:
    """In the child process: load the columns, then compute; loading is not counted."""
    import pandas as pd
    import pyarrow.parquet as pq

    with Clock() as loading:
        table = pq.read_table(
            lake_files(Path(home)), columns=list(COLUMNS), read_dictionary=list(TEXTS), partitioning=None
        )
        table = table.unify_dictionaries()
        frame = table.to_pandas(split_blocks=True, self_destruct=True)
        frame["billed_pages"] = pd.to_numeric(frame["billed_pages"])
        for name in ("is_international", "is_internal"):
            frame[name] = frame[name].fillna(value=False).astype(bool)
    questions = {
        "totals": lambda: _totals(frame),
        "timeline": lambda: _timeline(frame),
        "rules": lambda: _rules(frame["violations"].value_counts().items()),
        "heatmap": lambda: _heatmap(frame),
        "users": lambda: _users(frame),
    }
    return _asked(questions, rounds) | {"loading": loading.seconds}


def _asked(questions: dict[str, Callable[[], Any]], rounds: int) -> Answer:
    times, parts, figures = [], {}, {}
    for _ in range(rounds):
        total = 0.0
        for name, ask in questions.items():
            with Clock() as clock:
                figures[name] = ask()
            parts[name] = round(clock.seconds, 2)
            total += clock.seconds
        times.append({"seconds": total})
    return {"seconds": times[0]["seconds"], "times": times, "parts": parts, "figures": figures}


def _totals(frame: Any) -> dict[str, float]:
    modes, pages = frame["mode"].value_counts(), frame.groupby("mode", observed=True)["pages"].sum()
    valid = int(frame["is_valid"].sum())
    verdicts = frame["violations"].value_counts().items()
    sent, received = int(modes.get("SF", 0)), int(modes.get("RF", 0))
    values = {
        "faxes": len(frame),
        "valid": valid,
        "invalid": len(frame) - valid,
        "violations": sum(rows * len(verdict.split("|")) for verdict, rows in verdicts if verdict),
        "sent": sent,
        "received": received,
        "unknown_mode": len(frame) - sent - received,
        "pages": pages.sum(),
        "pages_sent": pages.get("SF", 0),
        "pages_received": pages.get("RF", 0),
        "duration_s": frame["duration_s"].sum(),
        "users": sum(1 for user in frame["user_name"].unique() if user),
        "internal": frame["is_internal"].sum(),
        "international": frame["is_international"].sum(),
        "billed_pages": frame["billed_pages"].sum(),
    }
    return {key: round(float(value), 2) for key, value in values.items()}


def _timeline(frame: Any) -> list[list[Any]]:
    days = frame.groupby(frame["sent_at"].dt.floor("D")).agg(
        faxes=("is_valid", "size"), valid=("is_valid", "sum"), pages=("pages", "sum")
    )
    return [
        [row.Index.date().isoformat(), int(row.faxes), int(row.valid), int(row.pages)]
        for row in days.itertuples()
    ]


def _heatmap(frame: Any) -> list[list[int]]:
    at = frame["sent_at"].dt
    cells = frame.groupby([at.dayofweek, at.hour])["is_valid"].agg(["size", "sum"])
    return [[day + 1, hour, int(size), int(size - valid)] for (day, hour), size, valid in cells.itertuples()]


def _users(frame: Any) -> list[list[Any]]:
    users = frame.groupby("user_name", observed=True).agg(
        faxes=("is_valid", "size"), valid=("is_valid", "sum"), pages=("pages", "sum")
    )
    return sorted(
        [row.Index, int(row.faxes), int(row.faxes - row.valid), int(row.pages)] for row in users.itertuples()
    )


def _rules(verdicts: Iterable[tuple[str, int]]) -> list[list[Any]]:
    counts: Counter[str] = Counter()
    for verdict, rows in verdicts:
        for rule in filter(None, verdict.split("|")):
            counts[rule] += int(rows)
    return sorted([rule, rows] for rule, rows in counts.items())


INDEXES = (
    "CREATE INDEX by_number ON faxes (number)",
    "CREATE INDEX by_fax_id ON faxes (fax_id)",
    "CREATE INDEX by_verdict ON faxes (violations) WHERE violations <> ''",
    "CREATE INDEX by_day ON faxes (substr(sent_at, 1, 10), is_valid, pages)",
    "CREATE INDEX by_hour ON faxes (substr(sent_at, 1, 13), is_valid)",
    "CREATE INDEX by_user ON faxes (user_name, is_valid, pages)",
    (
        "CREATE INDEX by_mode ON faxes"
        " (mode, is_valid, pages, duration_s, billed_pages, is_international, is_internal)"
    ),
)


def load_sqlite(home: str, database: str) -> Answer:
    """In the child process: copy the rows of a store into a table with an index for each query."""
    import pyarrow.parquet as pq

    names = (*COLUMNS, *SEARCHED)
    with Clock() as clock, closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -500000")
        connection.execute(f"CREATE TABLE faxes ({', '.join(names)})")
        insert = f"INSERT INTO faxes VALUES ({', '.join('?' * len(names))})"
        for file in lake_files(Path(home)):
            for batch in pq.ParquetFile(file).iter_batches(columns=list(names)):
                columns = [batch.column(name) for name in names]
                for at in (names.index("sent_at"), names.index("billed_pages")):
                    columns[at] = columns[at].cast("string" if names[at] == "sent_at" else "float64")
                connection.executemany(insert, zip(*(column.to_pylist() for column in columns), strict=True))
        connection.commit()
        for index in INDEXES:
            connection.execute(index)
        connection.execute("ANALYZE")
        connection.commit()
    return clock.answer()


def by_sqlite(database: str, rounds: int) -> Answer:
    """In the child process: one SQL query for each part."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA cache_size = -500000")
        connection.execute("PRAGMA mmap_size = 8000000000")

        def rows(sql: str) -> list[list[Any]]:
            return [list(row) for row in connection.execute(sql)]

        questions: dict[str, Callable[[], Any]] = {
            "totals": lambda: _sqlite_totals(rows),
            "timeline": lambda: rows(
                "SELECT substr(sent_at, 1, 10), count(*), sum(is_valid), sum(pages) FROM faxes"
                " GROUP BY 1 ORDER BY 1"
            ),
            "rules": lambda: _rules(
                (verdict, count)
                for verdict, count in rows(
                    "SELECT violations, count(*) FROM faxes WHERE violations <> '' GROUP BY 1"
                )
            ),
            "heatmap": lambda: rows(
                "SELECT (strftime('%w', hour || ':00') + 6) % 7 + 1, CAST(substr(hour, 12) AS INTEGER),"
                " sum(faxes), sum(faxes - valid) FROM (SELECT substr(sent_at, 1, 13) AS hour,"
                " count(*) AS faxes, sum(is_valid) AS valid FROM faxes GROUP BY 1)"
                " GROUP BY 1, 2 ORDER BY 1, 2"
            ),
            "users": lambda: sorted(
                rows("SELECT user_name, count(*), count(*) - sum(is_valid), sum(pages) FROM faxes GROUP BY 1")
            ),
        }
        return _asked(questions, rounds)


def _sqlite_totals(rows: Callable[[str], list[list[Any]]]) -> dict[str, float]:
    found = rows(
        "SELECT mode, count(*), sum(is_valid), sum(pages), sum(duration_s), sum(billed_pages),"
        " sum(is_internal), sum(is_international) FROM faxes GROUP BY mode"
    )
    by_mode = {row[0]: row[1:] for row in found}
    count, valid, pages, duration, billed, internal, international = (
        sum(row[at] or 0 for row in by_mode.values()) for at in range(7)
    )
    sent, received = by_mode.get("SF", [0] * 7), by_mode.get("RF", [0] * 7)
    verdicts = rows("SELECT violations, count(*) FROM faxes WHERE violations <> '' GROUP BY 1")
    users = rows("SELECT count(*) FROM (SELECT DISTINCT user_name FROM faxes WHERE user_name <> '')")
    values = {
        "faxes": count,
        "valid": valid,
        "invalid": count - valid,
        "violations": sum(rows * len(verdict.split("|")) for verdict, rows in verdicts),
        "sent": sent[0],
        "received": received[0],
        "unknown_mode": count - sent[0] - received[0],
        "pages": pages,
        "pages_sent": sent[2],
        "pages_received": received[2],
        "duration_s": duration,
        "users": users[0][0],
        "internal": internal,
        "international": international,
        "billed_pages": billed,
    }
    return {key: round(float(value), 2) for key, value in values.items()}
