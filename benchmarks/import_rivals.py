"""Import rivals: the same job with Polars, with pandas and row by row in Python.

Each reads the Windows-1252 file, gives every column its type, computes the verdict of `faxcloud-3` and writes
zstd. None keeps a ledger, a list of rejects, a catalogue or a commit log, and none calls fsync.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from benchmarks.child import Clock
from benchmarks.imports import SHARE
from benchmarks.measuring import Answer

NAMES = (
    "fax_id", "user_name", "reseller", "mode", "user_email", "sent_at", "sender_number", "called_text",
    "is_international", "is_internal", "pages", "duration_s", "billed_pages", "billing_type",
)  # fmt: skip
BLANKS = " \t\r\n\v\f\u00a0\u202f\ufeff"
SEPARATORS = r"^[ \u00a0\u202f\t.\-/()+_]*$"
DAMAGE = "[\x00-\x08\x0a-\x1f\x7f-\x9f\ufffd]"
SCIENTIFIC = r"^\s*[+-]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+\s*$"
WHOLE = r"^[+-]?[0-9]+([.,]0+)?$"
DATE = "%d/%m/%Y %H:%M"


def rule_counts(verdicts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Rows per rule, from rows per verdict."""
    counts: Counter[str] = Counter()
    for verdict, rows in verdicts:
        for rule in filter(None, verdict.split("|")):
            counts[rule] += rows
    return dict(sorted(counts.items()))


def by_polars(file: str, target: str) -> Answer:
    """In the child process: Polars expressions, evaluated in parallel."""
    import polars as pl

    with Clock() as clock:
        raw = pl.read_csv(
            file,
            separator=";",
            encoding="cp1252",
            infer_schema=False,
            empty_string_is_null=False,
            new_columns=list(NAMES),
        )
        rows = _polars_judged(_polars_parsed(raw.lazy())).collect()
        rows.write_parquet(target, compression="zstd")
        counts = rows.group_by("violations").len().rows()
    return clock.answer(**_tally(counts))


def _polars_parsed(raw: Any) -> Any:
    import polars as pl

    digits = pl.col("called_text").str.replace_all("[^0-9]", "")
    is_national = (digits.str.len_bytes() == 10) & digits.str.contains("^0[^0]")
    number = pl.when(digits.str.starts_with("0033")).then(digits.str.slice(2))
    number = number.when(is_national).then("33" + digits.str.slice(1)).otherwise(digits)
    whole = pl.col("pages").str.strip_chars(BLANKS)
    pages = pl.when(whole.str.contains(WHOLE)).then(whole.str.extract("^([+-]?[0-9]+)"))
    return raw.with_columns(
        line=pl.int_range(1, pl.len() + 1),
        raw_sent_at=pl.col("sent_at"),
        raw_pages=pl.col("pages"),
        mode=pl.col("mode").str.strip_chars(BLANKS).str.to_uppercase(),
        sent_at=pl.col("sent_at").str.to_datetime(DATE, strict=False),
        number=number,
        pages=pages.cast(pl.Int32, strict=False),
        duration_s=pl.col("duration_s").cast(pl.Int32, strict=False),
        billed_pages=pl.col("billed_pages").cast(pl.Decimal(12, 2), strict=False),
        is_international=pl.col("is_international") == "1",
        is_internal=pl.col("is_internal") == "1",
    )


def _polars_judged(parsed: Any) -> Any:
    import polars as pl

    def first(*rules: tuple[str, Any]) -> Any:
        chain: Any = pl
        for name, test in rules:
            chain = chain.when(test).then(pl.lit(name))
        return chain

    text, digits, mode, pages = (pl.col(name) for name in ("called_text", "number", "mode", "pages"))
    raw_pages, sent_at, raw_sent_at = (pl.col(name) for name in ("raw_pages", "sent_at", "raw_sent_at"))
    damaged = (text != digits) & (text.str.contains(DAMAGE) | text.str.contains(SCIENTIFIC))
    rules = [
        first(("mode.missing", mode == ""), ("mode.unknown", ~mode.is_in(["SF", "RF"]))),
        first(
            ("number.empty", (digits == "") & text.str.contains(SEPARATORS)),
            ("number.unreadable", (digits == "") | damaged),
            ("number.length", digits.str.len_bytes() != 11),
            ("number.prefix", ~digits.str.starts_with("33")),
            ("number.mobile", (digits >= "336") & (digits < "338")),
        ),
        first(
            ("pages.missing", pages.is_null() & (raw_pages == "")),
            ("pages.unreadable", pages.is_null()),
            ("pages.zero", pages < 1),
        ),
    ]
    undated = sent_at.is_null()
    return parsed.with_columns(
        violations=pl.concat_str(*rules, separator="|", ignore_nulls=True),
        warnings=first(
            ("date.missing", undated & (raw_sent_at == "")), ("date.unreadable", undated)
        ).otherwise(pl.lit("")),
    ).with_columns(
        is_valid=pl.col("violations") == "",
        raw_sent_at=pl.when(undated).then(raw_sent_at),
        raw_pages=pl.when(pages.is_null()).then(raw_pages),
    )


def by_pandas(file: str, target: str) -> Answer:
    """In the child process: whole columns at a time, with texts in Arrow as in pandas 3."""
    import numpy as np
    import pandas as pd

    with Clock() as clock:
        frame = pd.read_csv(
            file, sep=";", encoding="cp1252", dtype=str, keep_default_na=False, names=list(NAMES), header=0
        )
        frame.insert(0, "line", np.arange(1, len(frame) + 1))
        text, raw_pages, raw_sent_at = frame["called_text"], frame["pages"], frame["sent_at"]
        digits = text.str.replace("[^0-9]", "", regex=True)
        digits = digits.where(~digits.str.startswith("0033"), digits.str.slice(2))
        national = (digits.str.len() == 10) & digits.str.match("0[^0]")
        frame["number"] = digits = digits.where(~national, "33" + digits.str.slice(1))
        frame["mode"] = mode = frame["mode"].str.strip(BLANKS).str.upper()
        frame["sent_at"] = sent_at = pd.to_datetime(raw_sent_at, format=DATE, errors="coerce")
        whole = raw_pages.str.strip(BLANKS)
        pages = pd.to_numeric(whole.where(whole.str.match(WHOLE)).str.replace(",", "."), errors="coerce")
        frame["pages"] = pages.astype("Int32")
        frame["duration_s"] = pd.to_numeric(frame["duration_s"], errors="coerce").astype("Int32")
        frame["billed_pages"] = pd.to_numeric(frame["billed_pages"].str.replace(",", "."), errors="coerce")
        for name in ("is_international", "is_internal"):
            frame[name] = frame[name] == "1"
        damaged = (text != digits) & (text.str.contains(DAMAGE) | text.str.match(SCIENTIFIC))
        rules = [
            _first(("mode.missing", mode == ""), ("mode.unknown", ~mode.isin(["SF", "RF"]))),
            _first(
                ("number.empty", (digits == "") & text.str.match(SEPARATORS)),
                ("number.unreadable", (digits == "") | damaged),
                ("number.length", digits.str.len() != 11),
                ("number.prefix", ~digits.str.startswith("33")),
                ("number.mobile", (digits >= "336") & (digits < "338")),
            ),
            _first(
                ("pages.missing", pages.isna() & (whole == "")),
                ("pages.unreadable", pages.isna()),
                ("pages.zero", pages < 1),
            ),
        ]
        joined = np.full(len(frame), "", dtype=object)
        for rule in rules:
            joined += np.where((joined != "") & (rule != ""), "|", "").astype(object) + rule
        frame["violations"] = joined
        frame["warnings"] = _first(
            ("date.missing", sent_at.isna() & (raw_sent_at == "")), ("date.unreadable", sent_at.isna())
        )
        frame["is_valid"] = valid = joined == ""
        frame["raw_pages"], frame["raw_sent_at"] = (
            raw_pages.where(pages.isna()),
            raw_sent_at.where(sent_at.isna()),
        )
        frame.to_parquet(target, compression="zstd", index=False)
        counts = pd.Series(joined[~valid]).value_counts().items()
        tally = _tally([*counts, ("", int(valid.sum()))])
    return clock.answer(**tally)


def _first(*rules: tuple[str, Any]) -> Any:
    import numpy as np

    return np.select(
        [np.asarray(test, dtype=bool) for _, test in rules], [name for name, _ in rules], ""
    ).astype(object)


def by_python(file: str, target: str) -> Answer:
    """In the child process: the first 1/`SHARE` of the rows, one by one; `seconds` is scaled to all."""
    import csv
    from itertools import islice

    import pyarrow as pa
    import pyarrow.parquet as pq

    with open(file, "rb") as counted:  # noqa: PTH123 - counting is no part of the job
        rows = sum(block.count(b"\n") for block in iter(lambda: counted.read(1 << 22), b"")) - 1
    share = rows // SHARE
    with Clock() as clock, open(file, encoding="cp1252", newline="") as source:  # noqa: PTH123
        reader = csv.reader(source, delimiter=";")
        next(reader)
        judged = [_judged(number, record) for number, record in enumerate(islice(reader, share), 1)]
        names = [*NAMES, "line", "number", "raw_sent_at", "raw_pages", "violations", "warnings", "is_valid"]
        columns = [pa.array(column) for column in zip(*judged, strict=True)]
        pq.write_table(pa.Table.from_arrays(columns, names=names), target, compression="zstd")
        counts = Counter(row[-3] for row in judged)
    clock.seconds *= SHARE
    return clock.answer(**_tally(list(counts.items())))


def _judged(line: int, record: list[str]) -> tuple[Any, ...]:
    (
        fax_id,
        user,
        reseller,
        mode,
        email,
        sent,
        sender,
        called,
        abroad,
        internal,
        page,
        duration,
        billed,
        kind,
    ) = record
    mode = mode.strip(BLANKS).upper()
    digits = re.sub("[^0-9]", "", called)
    if digits.startswith("0033"):
        digits = digits[2:]
    elif len(digits) == 10 and digits[0] == "0" and digits[1] != "0":
        digits = "33" + digits[1:]
    try:
        sent_at = dt.datetime.strptime(sent, DATE)  # noqa: DTZ007 - the service's local time has no zone
    except ValueError:
        sent_at = None
    text = page.strip(BLANKS)
    pages = int(re.split("[.,]", text)[0]) if re.match(WHOLE, text) else None
    rules = [_mode_rule(mode), _number_rule(called, digits), _pages_rule(text, pages)]
    violations = "|".join(filter(None, rules))
    warnings = "" if sent_at is not None else "date.unreadable" if sent else "date.missing"
    return (
        fax_id, user, reseller, mode, email, sent_at, sender, called, abroad == "1", internal == "1", pages,
        int(duration) if duration else None, float(billed) if billed else None, kind, line, digits,
        None if sent_at else sent, None if pages is not None else page, violations, warnings, not violations,
    )  # fmt: skip


def _mode_rule(mode: str) -> str:
    return "" if mode in ("SF", "RF") else "mode.unknown" if mode else "mode.missing"


def _number_rule(called: str, digits: str) -> str:
    if not digits:
        return "number.empty" if re.match(SEPARATORS, called) else "number.unreadable"
    if called != digits and (re.search(DAMAGE, called) or re.match(SCIENTIFIC, called)):
        return "number.unreadable"
    if len(digits) != 11:
        return "number.length"
    if not digits.startswith("33"):
        return "number.prefix"
    return "number.mobile" if digits[2] in "67" else ""


def _pages_rule(text: str, pages: int | None) -> str:
    if pages is None:
        return "pages.unreadable" if text else "pages.missing"
    return "pages.zero" if pages < 1 else ""


def _tally(counts: list[tuple[str, int]]) -> dict[str, Any]:
    rows, valid = sum(rows for _, rows in counts), sum(rows for verdict, rows in counts if not verdict)
    return {"rows": rows, "valid": valid, "invalid": rows - valid, "violations": rule_counts(counts)}
