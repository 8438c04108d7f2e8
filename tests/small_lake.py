"""A small lake whose every answer is known by hand: eight faxes in two reports.

Wednesday 2026-03-04 to Monday 2026-03-09, and one fax without a date. Five are valid. `Dr. Hélène` has the
only accents; 33145221134 is called twice and sends once; `A_1` tells an underscore from any character.
"""

import atexit
import datetime as dt
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pyarrow as pa

from faxcloud.domain.columns import FAXES
from faxcloud.services.analytics.search import Search
from faxcloud.services.analytics.summaries import Summaries
from faxcloud.services.exports.writer import Exports
from faxcloud.services.journal import Journal
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.cache.cache import Cache
from faxcloud.store.catalogue.connection import Catalogue, open_catalogue
from faxcloud.store.lake.parquet import SCHEMA, FaxWriter
from faxcloud.store.lake.table import Lake
from faxcloud.store.queries.engine import Engine, open_engine
from faxcloud.store.queries.faxes import FaxReader

Fax = dict[str, Any]


def fax(line: int, report_id: str = "r1", **values: Any) -> Fax:
    """One stored fax; `is_valid` follows from `violations`."""
    blank: Fax = {column.name: None if column.nullable else "" for column in FAXES}
    row = blank | {"report_id": report_id, "line": line, "fax_id": f"{900 + line}", "mode": "RF"}
    row |= {"called_text": "33327936943", "number": "33327936943", "pages": 1, "ruleset": "faxcloud-3@0"}
    row |= values
    return row | {"is_valid": row["violations"] == ""}


def at(day: int, hour: int = 9, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 3, day, hour, minute)  # noqa: DTZ001 - local time, as stored


SMALL: tuple[Fax, ...] = (
    fax(1, sent_at=at(4, 9), mode="SF", user_name="Dr. Hélène", user_email="helene@chu.example", pages=3,
        called_text="+33 1 45 22 11 34", number="33145221134", billed_pages=Decimal("3.50"), duration_s=60),
    fax(2, sent_at=at(4, 9, 30), user_name="Accueil", sender_number="33145221134", pages=2, is_internal=True),
    fax(3, sent_at=at(4, 23, 59), mode="SF", user_name="Accueil", called_text="33612345678",
        number="33612345678", violations="number.mobile|pages.zero", pages=0, is_international=False),
    fax(4, sent_at=at(5, 0), fax_id="A_1", user_name="Accueil", pages=5, number_type="fixe", country="FR"),
    fax(5, sent_at=at(6, 12), mode="XX", user_name="", violations="mode.unknown", pages=None, raw_pages="a"),
    fax(1, "r2", sent_at=at(9, 9), fax_id="901", user_name="Dr. Hélène", called_text="0145221134",
        number="33145221134", billed_pages=Decimal("1.00")),
    fax(2, "r2", sent_at=None, raw_sent_at="hier", warnings="date.unreadable", mode="SF", user_name="=1+1",
        called_text='-"5"', number="5", violations="number.length", pages=4),
    fax(3, "r2", sent_at=at(9, 9, 1), fax_id="AB1", user_name="100%", pages=1),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Questions:
    """A lake and all that is asked of it."""

    lake: Lake
    engine: Engine
    cache: Cache
    faxes: FaxReader
    summaries: Summaries
    search: Search
    exports: Exports
    catalogue: Catalogue


def ask(folder: Path, cache: Cache | None = None) -> Questions:
    """Questions to the lake in `folder`, which may not exist."""
    lake, cache = Lake(folder), cache or Cache()
    engine = open_engine(folder)
    faxes = FaxReader(lake, engine, cache)
    # Not beside the lake: tests look at what lies there.
    home = Path(mkdtemp(prefix="faxcloud-small-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    catalogue = open_catalogue(f"sqlite:///{(home / 'catalogue.sqlite').as_posix()}")
    journal = Journal(catalogue, AuditTrail(home / "keys", home / "logs"))
    return Questions(
        lake, engine, cache, faxes, Summaries(faxes), Search(faxes), Exports(faxes, journal), catalogue
    )


def store(lake: Lake, rows: Iterable[Mapping[str, Any]], name: str = "a") -> None:
    """Append rows as one commit."""
    lake.create()
    writer = FaxWriter(lake.folder, name)
    writer.write(pa.Table.from_pylist(list(rows), schema=SCHEMA))
    lake.append(writer.close(), name, {})


def small_lake(folder: Path, rows: Sequence[Fax] = SMALL) -> Questions:
    """The small lake, a commit and a file for each report."""
    asked = ask(folder)
    for report_id in sorted({row["report_id"] for row in rows}):
        store(asked.lake, [row for row in rows if row["report_id"] == report_id], report_id)
    return asked
