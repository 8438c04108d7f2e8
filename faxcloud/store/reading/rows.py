"""Record classification: which records of a file are faxes, and why the others are not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from faxcloud.domain.blanks import trim
from faxcloud.domain.sources.format import SourceFormat
from faxcloud.domain.sources.header import header_key
from faxcloud.domain.sources.value_formats import date_text, service_amount, service_duration

HEADER_REPEATED = "header.repeated"
TOTAL = "record.total"
TEXT_LINE = "record.text"
NULS = "record.nul"
OTHER_KIND = "record.other"
REASONS = (HEADER_REPEATED, TOTAL, TEXT_LINE, NULS, OTHER_KIND)

NUL_BLOCK = b"\x00" * 16
"""A single NUL is a damaged letter; a row of them is a block that a disk has lost."""

_TOTALS = ("total", "totaux", "sous total", "subtotal", "sub total", "grand total", "somme", "sum", "cumul")
_WIDE = 5
"""Columns from which a record with a single text is a title and not a fax."""

_FLAGS = frozenset(("", "0", "1", "0.0", "1.0", "true", "false", "vrai", "faux", "oui", "non", "yes", "no"))
_DIGIT = re.compile(r"[0-9]")
_LETTERS = re.compile(r"[^\W\d_]{2}")
_PAGES = re.compile(r"[0-9 \u00a0\u202f]{1,9}(?:[.,][0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class RecordShape:
    """What a fax looks like in one file.

    Attributes:
        columns: Source column to its position.
        headers: Normalised headers; empty in a file without a header.
    """

    columns: Mapping[str, int]
    headers: tuple[str, ...]
    source: SourceFormat

    def is_mode(self, text: str) -> bool:
        """Whether a text is a mode of the source."""
        plain = trim(text).upper()
        return plain in ("SF", "RF") or header_key(text) in self.source.values.get("mode", {})

    def why_no_fax(self, fields: Sequence[str]) -> str:
        """Reason why a record is no fax; '' for a fax, however wrong it is."""
        if any("\x00" * 16 in field for field in fields):
            return NULS
        if self._is_header(fields):
            return HEADER_REPEATED
        if "kind" in self.columns and self.source.fax_kinds:
            kind = trim(self._field(fields, "kind")).upper()
            return "" if kind in self.source.fax_kinds else OTHER_KIND
        if self.is_mode(self._field(fields, "mode")) or _DIGIT.search(self._field(fields, "called_text")):
            return ""
        filled = [field for field in fields if trim(field)]
        has_date = date_text(self._field(fields, "sent_at")) is not None
        if not has_date and any(header_key(field).startswith(_TOTALS) for field in filled):
            return TOTAL
        if (
            len(filled) == 1
            and len(fields) >= _WIDE
            and filled[0] is fields[0]
            and _LETTERS.search(fields[0])
        ):
            return "" if 0 in (self.columns.get("mode"), self.columns.get("called_text")) else TEXT_LINE
        return ""

    def fits(self, fields: Sequence[str]) -> bool:
        """Whether each typed value of a record is one: none has moved to another column."""
        if not self.is_mode(self._field(fields, "mode")):
            return False
        called = trim(self._field(fields, "called_text"))
        checks = (
            not called or (bool(_DIGIT.search(called)) and "@" not in called and date_text(called) is None),
            all(
                trim(self._field(fields, name)).casefold() in _FLAGS
                for name in ("is_international", "is_internal")
            ),
            self._fits("sent_at", fields, lambda text: date_text(text) is not None),
            self._fits("pages", fields, lambda text: bool(_PAGES.fullmatch(text))),
            self._fits("duration_s", fields, lambda text: service_duration(text) is not None),
            self._fits("billed_pages", fields, lambda text: service_amount(text, ".") is not None),
        )
        return all(checks) and bool(trim(self._field(fields, "pages")))

    def _fits(self, name: str, fields: Sequence[str], check: object) -> bool:
        text = trim(self._field(fields, name))
        return not text or bool(check(text))  # type: ignore[operator]

    def _field(self, fields: Sequence[str], name: str) -> str:
        at = self.columns.get(name)
        return fields[at] if at is not None and at < len(fields) else ""

    def _is_header(self, fields: Sequence[str]) -> bool:
        """Whether most known columns hold their own names."""
        if not self.headers:
            return False
        known = [at for at in self.columns.values() if at < len(fields) and at < len(self.headers)]
        same = sum(header_key(fields[at]) == self.headers[at] for at in known)
        return same >= 2 and 2 * same > len(known)
