"""Text search: exact fax ids and numbers, or all faxes that contain the text.

A text that is the whole of a fax id, or of a called or sender's number in any way of writing it, means
exactly those faxes. Any other text means the faxes that contain it in their id, numbers, user name or
e-mail address, ignoring case; in all but the id, ignoring accents too. `%` and `_` are ordinary characters.
Which of the two holds is looked up in all faxes of the version, whatever else is filtered.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from faxcloud.domain.numbers import normalised
from faxcloud.store.queries.engine import Engine

NUMBER_DIGITS = 11
"""A normalised French number; a shorter text of digits is taken for a part of one."""

_NUMBER_TEXT = re.compile(r"[0-9 \u00a0\u202f\t.\-/()+_]+", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
MOST_HITS = 200_000
"""A search that finds fewer keeps where they are: one reading gives the total and every page."""

TEXT_BYTES = 80
"""A text of a few letters, as Python keeps it in a list."""

HIT_COLUMNS = ("report_id", "line", "sent_at")

Test = tuple[str, Mapping[str, Any]]
"""A condition over the columns of `faxes`, and its values."""


@dataclass(frozen=True, slots=True)
class Match:
    """Meaning of a search text: a row matches when one of `tests` holds.

    Attributes:
        tests: Separate, since DuckDB tests a condition on one column while it reads that column, and on a
            dictionary's texts rather than on every row; an OR of several columns it does not.
        exact: The text is the whole of an id or a number.
        hits: Of an exact match, what each test finds in all faxes (`HIT_COLUMNS`, at most `MOST_HITS` + 1
            rows): looking whether there is any costs as much as looking where they are.
    """

    tests: tuple[Test, ...]
    exact: bool
    hits: tuple[pa.Table, ...] = field(default=(), compare=False)

    @property
    def nbytes(self) -> int:
        """Memory of the hits and of the search texts, for bounded caches."""
        texts = sum(len(value) for value in self.values.values() if isinstance(value, list))
        return sum(int(hits.nbytes) for hits in self.hits) + TEXT_BYTES * texts

    @property
    def where(self) -> str:
        """SQL condition that combines all tests."""
        return "(" + " OR ".join(where for where, _ in self.tests) + ")"

    @property
    def values(self) -> dict[str, Any]:
        """Values to bind for all tests."""
        return {name: value for _, values in self.tests for name, value in values.items()}


FEW_TEXTS = ("user_name", "user_email", "called_text", "sender_number")
"""Columns in which a text without digits alone is looked for among the known ones."""

KnownColumn = Callable[[str], pa.Table]
"""What is known of a column of `known_texts.KNOWN`."""

IndexedColumn = Callable[[str, str], pa.Table]
"""The hits of a column that is exactly some text, from memory."""


def resolve(
    engine: Engine, source: str, text: str, known: KnownColumn, indexed: IndexedColumn | None = None
) -> Match:
    """Resolve a search text among the rows of `source`.

    Args:
        known: Used where the text is not a whole id or number.
        indexed: Used instead of the rows for a whole id or number, where there is an index.
    """
    text = unicodedata.normalize("NFC", text)
    return _exact(engine, source, text, indexed) or _containing(engine, text, known)


def _exact(engine: Engine, source: str, text: str, indexed: IndexedColumn | None) -> Match | None:
    candidates: list[Test] = [("fax_id = $id", {"id": text})]
    if _NUMBER_TEXT.fullmatch(text):
        number = normalised(text)
        if len(number) == NUMBER_DIGITS:
            # Equalities, not IN with two values: those are not tested inside the Parquet reader.
            candidates.append(("number = $number", {"number": number}))
            candidates.append(("sender_number = $number", {"number": number}))
            if text != number:
                candidates.append(("sender_number = $sender", {"sender": text}))
    found: list[tuple[Test, pa.Table]] = []
    for where, values in candidates:
        if indexed is not None:
            column, [value] = where.partition(" ")[0], values.values()
            hits = indexed(column, value)
        else:
            sql = f"SELECT {', '.join(HIT_COLUMNS)} FROM {source} WHERE {where} LIMIT {MOST_HITS + 1}"
            hits = engine.table(sql, values)
        if hits.num_rows:
            found.append(((where, values), hits))
    if not found:
        return None
    return Match(tuple(test for test, _ in found), exact=True, hits=tuple(hits for _, hits in found))


def _containing(engine: Engine, text: str, known: KnownColumn) -> Match:
    part = {"part": text}
    if _DIGITS.fullmatch(text):
        tests = _equal_to(_matching(engine, known, text, ("user_name", "user_email")))
        names = ["number", "fax_id", "sender_number"]
        if text.startswith("0"):
            # Normalising removes separators and leading zeros only: digits that stand together in the called
            # text and do not begin with 0 stand together in the number too.
            names.append("called_text")
        tests.extend((f"contains({name}, $part)", part) for name in names)
    else:
        tests = _equal_to(_matching(engine, known, text, FEW_TEXTS))
        if known("fax_id").num_rows:
            tests.append(("contains(lower(fax_id), lower($part))", part))
    return Match(tuple(tests) or (("FALSE", {}),), exact=False)


def _equal_to(texts: Mapping[str, list[str]]) -> list[Test]:
    return [
        (f"list_contains(CAST(${name} AS VARCHAR[]), {name})", {name: found}) for name, found in texts.items()
    ]


def _matching(engine: Engine, known: KnownColumn, text: str, columns: Sequence[str]) -> dict[str, list[str]]:
    """The known texts that contain the text, by column; columns where none does are left out."""
    sql = f"SELECT text FROM known WHERE contains({_folded('text')}, {_folded('$part')}) ORDER BY text"
    found = {name: engine.rows(sql, {"part": text}, known=known(name)) for name in columns}
    return {name: [row["text"] for row in rows] for name, rows in found.items() if rows}


def _folded(text: str) -> str:
    """Without case and accents."""
    return f"lower(strip_accents({text}))"
