"""Trial reading of a file: how it would be read, without storing or judging anything."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from faxcloud.services.imports.notices import notices_of, reading_of
from faxcloud.store.reading import Choices, Unpacking, open_export


def try_file(path: Path, choices: Choices, unpacking: Unpacking) -> dict[str, Any]:
    """Read a whole file: `records`, `faxes`, `blank`, `rejected` by reason, `reading` and `notices`.

    Raises:
        ImportRefused: the file cannot be read, or its dates contradict each other.
    """
    profiles = None
    while True:
        export = open_export(path, path.name, unpacking, choices, profiles)
        try:
            counts: Counter[str] = Counter()
            rejected: Counter[str] = Counter()
            for raw in export.raw_segments():
                segment = export.parse(raw)
                counts["records"] += segment.records
                counts["faxes"] += segment.table.num_rows
                counts["blank"] += segment.blank
                counts["replaced"] += segment.replaced_values
                counts["repaired"] += segment.repaired_values
                rejected.update(reject.reason for reject in segment.rejects)
            profiles = export.profiles
            if profiles.settle(export.source.name):
                profiles.reset()
                continue
            return {
                "file": export.source.name,
                **{name: counts[name] for name in ("records", "faxes", "blank")},
                "rejected": dict(rejected),
                "reading": reading_of(export),
                "notices": notices_of(export, counts["replaced"], counts["repaired"]),
            }
        finally:
            export.source.close()
