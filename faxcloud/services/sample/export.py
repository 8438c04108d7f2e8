"""Sample exports in the service's exact format: any number of rows, the same bytes on every platform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from faxcloud.services.sample.pools import HEADER
from faxcloud.services.sample.rows import Rows
from faxcloud.store.durability import replacing

SAMPLE_END = date(2026, 10, 31)
SAMPLE_DAYS = 42
SAMPLE_START = SAMPLE_END - timedelta(days=SAMPLE_DAYS - 1)


@dataclass(frozen=True, slots=True)
class SampleFacts:
    """Contents of a written file, known from its generation and not from reading it."""

    path: Path
    rows: int
    bytes: int
    encoding: str
    sent: int
    received: int
    pages_sent: int
    pages_received: int
    repeated_ids: int
    valid: int
    invalid: int
    first_at: datetime
    last_at: datetime
    violations: dict[str, int] = field(default_factory=dict)
    """Rows by violated rule of faxcloud-3; a row may count under two of them."""

    @property
    def pages(self) -> int:
        return self.pages_sent + self.pages_received


def sample_path() -> Path:
    """Path of the bundled export, in the `data` folder of the clone that this package runs from.

    Raises:
        FileNotFoundError: the package was installed without its repository.
    """
    path = Path(__file__).resolve().parents[3] / "data" / "sample-export.csv"
    if not path.is_file():
        raise FileNotFoundError(f"no bundled sample at {path}")
    return path


def write_sample(
    path: Path,
    rows: int,
    seed: int = 3,
    *,
    start: date = SAMPLE_START,
    days: int = SAMPLE_DAYS,
    encoding: str = "cp1252",
    progress: Callable[[int, int], None] | None = None,
) -> SampleFacts:
    """Write a sample export of `rows` faxes over `days` days from `start`, ordered by local time.

    The file appears under its name only when it is whole. The same arguments in another encoding give
    the same rows. The same seed with another number of rows gives other rows, over the same period.

    Args:
        progress: called with (rows written, rows in all) after each block.

    Raises:
        ValueError: rows, days or seed out of range, or an encoding that lacks a character of a user's name.
    """
    if rows < 1 or days < 1 or seed < 0:
        raise ValueError(f"rows and days start at 1 and a seed at 0, not {rows}, {days} and {seed}")
    made = Rows(rows, seed, start, days, encoding)
    with replacing(path, durable=False) as part, part.open("wb") as file:
        file.write(f"{HEADER}\r\n".encode(encoding))
        for done, lines in made.blocks():
            file.write(lines)
            if progress is not None:
                progress(done, rows)
        size = file.tell()
    tally = made.tally
    return SampleFacts(
        path=path,
        rows=rows,
        bytes=size,
        encoding=encoding,
        sent=tally.rows_of(received=False),
        received=tally.rows_of(received=True),
        pages_sent=tally.pages_of(received=False),
        pages_received=tally.pages_of(received=True),
        repeated_ids=tally.pairs,
        valid=tally.valid,
        invalid=rows - tally.valid,
        first_at=made.at(tally.first_minute),
        last_at=made.at(tally.last_minute),
        violations=tally.violations(),
    )
