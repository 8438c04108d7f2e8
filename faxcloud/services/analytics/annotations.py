"""Chart annotations that may explain a step: where an import's data begins, and when the rules changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from faxcloud.services.imports.reports import Reports
from faxcloud.services.validation.revalidation import Validation

MarkKind = Literal["import", "rules"]


@dataclass(frozen=True, slots=True)
class Mark:
    """Annotation: one event on the time axis of the faxes.

    Attributes:
        at: In the service's local time without a zone, as the faxes' own.
        name: Name of the imported file, or the ruleset's id.
        count: Faxes imported, or verdicts changed.
    """

    kind: MarkKind
    at: dt.datetime
    name: str
    count: int


class Annotations:
    """Finds annotations among what the current actor may see.

    An import is marked where its data begins and not when the file was imported: a month that is imported on
    the first day of the next one explains nothing there. A change of rules is marked when it happened, since
    other rules apply to users from then on.
    """

    def __init__(self, reports: Reports, validation: Validation, zone: dt.tzinfo) -> None:
        self._reports = reports
        self._validation = validation
        self._zone = zone

    def marks(self, start: dt.datetime, end: dt.datetime) -> list[Mark]:
        """Annotations from `start` to before `end`, oldest first; local times of the service."""
        imports = [
            Mark("import", report["first_at"], report["file"], report["imported"])
            for report in self._reports.list()
            if report["state"] == "ready" and report["first_at"] is not None
        ]
        changes = [
            Mark("rules", self._local(run["finished_at"]), _ruleset_id(run), run["changed"])
            for run in self._validation.runs()
            if _changes_rules(run)
        ]
        found = [mark for mark in (*imports, *changes) if start <= mark.at < end]
        return sorted(found, key=lambda mark: (mark.at, mark.kind, mark.name))

    def _local(self, instant: dt.datetime) -> dt.datetime:
        return instant.astimezone(self._zone).replace(tzinfo=None)


def _changes_rules(run: Mapping[str, Any]) -> bool:
    """Whether rows were judged by another ruleset before; a trial changes nothing."""
    if run["state"] != "done" or run["dry_run"]:
        return False
    return bool(set(run["rulesets_before"] or {}) - {run["ruleset"]})


def _ruleset_id(run: Mapping[str, Any]) -> str:
    return str(run["ruleset"]).partition("@")[0]
