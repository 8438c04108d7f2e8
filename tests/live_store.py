"""Real store in a folder, with exports to import, read without FaxCloud's code."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from faxcloud.config import Settings
from faxcloud.domain.rulesets.parser import builtin_ruleset
from faxcloud.services.actors import SYSTEM, acting
from faxcloud.services.backups.restore import Restored, restore
from faxcloud.wiring import Services, build
from tests.domain import oracle

HEADER = "Fax ID;Utilisateur;Mode;Date et heure du fax;Numéro appelé;Nombre de page réel"
KEYS = {builtin_ruleset(name).key: name for name in ("faxcloud-1", "faxcloud-3")}

CALLED = (
    "33145221134",
    "0145221134",
    "33612345678",
    "33712345678",
    "118218",
    "3,90957E+11",
    "",
    "37799123456",
)
MODES = ("SF", "RF", "rf ", "XX", "")
PAGES = ("1", "3.0", "0", "", "abc", "12")
DATES = ("02/01/2026 08:05", "03/01/2026 18:40", "hier", "")

Row = Mapping[str, str]


def some_rows(count: int, seed: int) -> list[Row]:
    """Rows of every kind, a good part of them mobiles, on which the built-in rulesets differ."""
    chosen = random.Random(seed)
    return [
        {
            "mode": chosen.choice(MODES),
            "called_text": chosen.choice(CALLED),
            "pages": chosen.choice(PAGES),
            "sent_at": chosen.choice(DATES),
        }
        for _ in range(count)
    ]


def write_export(path: Path, rows: Sequence[Row]) -> Path:
    """Write rows in the service's format, fields as they are; no fax is in two files."""
    name = path.stem
    lines = [
        f"{name}-{number};Nom {number};{row['mode']};{row['sent_at']};{row['called_text']};{row['pages']}"
        for number, row in enumerate(rows, 1)
    ]
    path.write_text("\n".join([HEADER, *lines, ""]), encoding="cp1252")
    return path


@contextmanager
def opened(home: Path) -> Iterator[Services]:
    """The services over a store; opening recovers it."""
    services = build(Settings(home=home))
    try:
        with acting(SYSTEM):
            yield services
    finally:
        services.close()


def restored(home: Path, backup: Path) -> Restored:
    """Restore a backup into a store that is closed, and check it."""
    with acting(SYSTEM):
        done = restore(Settings(home=home), backup)
    with opened(home) as services:
        return replace(done, problems=tuple(services.maintenance.check()))


def log_entries(home: Path) -> list[dict[str, Any]]:
    """Every action of the Delta log, in order."""
    entries = sorted((home / "lake" / "_delta_log").glob("*.json"))
    return [json.loads(line) for entry in entries for line in entry.read_text("utf-8").splitlines()]


def current_files(home: Path) -> list[str]:
    """Data files of the newest version, from the log alone."""
    files: dict[str, None] = {}
    for action in log_entries(home):
        if "add" in action:
            files[action["add"]["path"]] = None
        elif "remove" in action:
            files.pop(action["remove"]["path"], None)
    return list(files)


def stray_files(home: Path) -> list[str]:
    """Data files that no version ever named."""
    named = {action["add"]["path"] for action in log_entries(home) if "add" in action}
    return sorted({path.name for path in (home / "lake").glob("*.parquet")} - named)


def stored_rows(home: Path) -> list[dict[str, Any]]:
    """Every row of the newest version, by report and line."""
    tables = [pq.read_table(home / "lake" / name) for name in current_files(home)]
    rows = pa.concat_tables(tables).to_pylist() if tables else []
    return sorted(rows, key=lambda row: (row["report_id"], row["line"]))


def assert_verdicts_are_whole(
    rows: Sequence[Mapping[str, Any]], sources: Mapping[str, Sequence[Row]]
) -> None:
    """Each stored row has just the verdict that plain Python finds under the ruleset it names."""
    for row in rows:
        source = sources[row["report_id"]][row["line"] - 1]
        expected = oracle.verdict(source, KEYS[row["ruleset"]])
        assert (row["violations"], row["warnings"]) == expected
        assert row["is_valid"] == (row["violations"] == "")


def assert_each_row_once(rows: Sequence[Mapping[str, Any]], sources: Mapping[str, Sequence[Row]]) -> None:
    """The rows of the given reports and no others, none twice."""
    found = [(row["report_id"], row["line"]) for row in rows]
    assert found == sorted(
        (report, line + 1) for report, source in sources.items() for line in range(len(source))
    )
