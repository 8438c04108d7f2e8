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
            segments = [export.parse(raw) for raw in export.raw_segments()]
            profiles = export.profiles
            if profiles.settle(export.source.name):
                profiles.reset()
                continue
            rejects = [reject.reason for segment in segments for reject in segment.rejects]
            return {
                "file": export.source.name,
                "records": sum(segment.records for segment in segments),
                "faxes": sum(segment.table.num_rows for segment in segments),
                "blank": sum(segment.blank for segment in segments),
                "rejected": dict(Counter(rejects)),
                "reading": reading_of(export),
                "notices": notices_of(
                    export,
                    sum(segment.replaced_values for segment in segments),
                    sum(segment.repaired_values for segment in segments),
                ),
            }
        finally:
            export.source.close()
