"""What the search text means in one version of the lake: some faxes exactly, or all that contain it.

A text that is the whole of a fax id, or of a called or sender's number in any way of writing it, means
exactly those faxes. Any other text means the faxes that contain it in their id, numbers, user name or
e-mail address, ignoring case; in all but the id, ignoring accents too. `%` and `_` are ordinary characters.
Which of the two holds is looked up in all faxes of the version, whatever else is filtered.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from faxcloud.rules.parsing import PARSED, STAGED
from faxcloud.store.engine import Engine

NUMBER_DIGITS = 11
"""A normalised French number; a shorter text of digits is taken for a part of one."""

_NUMBER_TEXT = re.compile(r"[0-9 \u00a0\u202f\t.\-/()+_]+", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_NORMALISED = (
    f"SELECT {PARSED['number']} AS number FROM (SELECT called_text,"
    f" {STAGED['staged_digits']} AS staged_digits FROM (SELECT $text AS called_text))"
)


MOST_HITS = 100_000
"""A search that finds fewer keeps where they are: one reading gives the total and every page."""

HIT_COLUMNS = ("report_id", "line", "sent_at")

Test = tuple[str, Mapping[str, Any]]
"""A condition over the columns of `faxes`, and its values."""


@dataclass(frozen=True, slots=True)
class Match:
    """A row matches when one of `tests` holds.

    Attributes:
        tests: Apart, since DuckDB tests a condition on one column while it reads that column, and on a
            dictionary's texts rather than on every row; an OR of several columns it does not.
        exact: The text is the whole of an id or a number.
        hits: Of an exact match, what each test finds in all faxes (`HIT_COLUMNS`, at most `MOST_HITS` + 1
            rows): looking whether there is any costs as much as looking where they are.
    """

    tests: tuple[Test, ...]
    exact: bool
    hits: tuple[pa.Table, ...] = field(default=(), compare=False)

    @property
    def where(self) -> str:
        """All tests as one condition."""
        return "(" + " OR ".join(where for where, _ in self.tests) + ")"

    @property
    def values(self) -> dict[str, Any]:
        """The values of all tests."""
        return {name: value for _, values in self.tests for name, value in values.items()}


def resolve(engine: Engine, source: str, text: str, users: pa.Table) -> Match:
    """Find out what `text` means among the rows of `source`.

    Args:
        users: The distinct user names and addresses: `kind` (`user_name` or `user_email`) and `text`.
    """
    text = unicodedata.normalize("NFC", text)
    return _exact(engine, source, text) or _containing(engine, text, users)


def _exact(engine: Engine, source: str, text: str) -> Match | None:
    candidates: list[Test] = [("fax_id = $id", {"id": text})]
    if _NUMBER_TEXT.fullmatch(text):
        number = engine.rows(_NORMALISED, {"text": text})[0]["number"]
        if len(number) == NUMBER_DIGITS:
            # Equalities, not IN with two values: those are not tested inside the Parquet reader.
            candidates.append(("number = $number", {"number": number}))
            candidates.append(("sender_number = $number", {"number": number}))
            if text != number:
                candidates.append(("sender_number = $sender", {"sender": text}))
    found: list[tuple[Test, pa.Table]] = []
    for where, values in candidates:
        sql = f"SELECT {', '.join(HIT_COLUMNS)} FROM {source} WHERE {where} LIMIT {MOST_HITS + 1}"
        hits = engine.table(sql, values)
        if hits.num_rows:
            found.append(((where, values), hits))
    if not found:
        return None
    return Match(tuple(test for test, _ in found), exact=True, hits=tuple(hits for _, hits in found))


def _containing(engine: Engine, text: str, users: pa.Table) -> Match:
    part = {"part": text}
    # Users first: they send many faxes, so this test may find too many to look further.
    tests: list[Test] = [
        (f"list_contains(CAST(${column} AS VARCHAR[]), {column})", {column: found})
        for column, found in _matching_users(engine, users, text).items()
    ]
    if _DIGITS.fullmatch(text):
        names = ["number", "fax_id", "sender_number"]
        if text.startswith("0"):
            # Normalising removes separators and leading zeros only: digits that stand together in the called
            # text and do not begin with 0 stand together in the number too.
            names.append("called_text")
        # Where most texts are of digits, one reading of the columns costs less than one of each.
        tests.append(("(" + " OR ".join(f"contains({name}, $part)" for name in names) + ")", part))
    else:
        texts = ("called_text", "sender_number")
        tests.extend((f"contains({_folded(name)}, {_folded('$part')})", part) for name in texts)
        tests.append(("contains(lower(fax_id), lower($part))", part))
    return Match(tuple(tests), exact=False)


def _matching_users(engine: Engine, users: pa.Table, text: str) -> dict[str, list[str]]:
    """The names and addresses that contain the text, by column: thousands of texts, not millions of rows."""
    found = engine.rows(
        f"SELECT kind, list(text ORDER BY text) AS texts FROM users"
        f" WHERE contains({_folded('text')}, {_folded('$part')}) GROUP BY kind",
        {"part": text},
        users=users,
    )
    return {row["kind"]: row["texts"] for row in found}


def _folded(text: str) -> str:
    """Without case and accents."""
    return f"lower(strip_accents({text}))"
