"""Source format: what a fax service's export looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

DateOrder = Literal["dmy", "mdy"]


@dataclass(frozen=True, slots=True)
class SourceFormat:
    """Format of one fax service's export.

    Attributes:
        name: Stable id, such as `cloud-fax-fr`; the file's name without `.toml`.
        title: Language to a short title.
        columns: Source column (`domain.columns.SOURCE_NAMES`, `sent_time` or `kind`) to its header names,
            best first.
        positions: Source column to its position (0 = first), for files without a header. Empty for a source
            whose files have one.
        widths: Numbers of fields that a record without a header may have.
        required: Columns without which a file is refused.
        delimiter: Fixed delimiter, '' when it is detected.
        encoding: Fixed encoding, '' when it is detected.
        date_order: Order of day and month where no value of a file decides it.
        decimal: Decimal mark of amounts where no value of a file decides it.
        zone: IANA name of the time zone that the dates are written in; '' for the service's local time.
        values: Source column to its translations, each spelling as `header.header_key` gives it.
        fax_kinds: Values of the column `kind` that are faxes, upper case; any value when empty. A record of
            another kind is rejected as `record.other`.
        headers: Exact header for which a user made this source; empty otherwise.
    """

    name: str
    title: Mapping[str, str]
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    positions: Mapping[str, int] = field(default_factory=dict)
    widths: tuple[int, ...] = ()
    required: tuple[str, ...] = ("mode", "called_text", "pages")
    delimiter: str = ""
    encoding: str = ""
    date_order: DateOrder = "dmy"
    decimal: str = ","
    zone: str = ""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fax_kinds: frozenset[str] = frozenset()
    headers: tuple[str, ...] = ()
