"""What may explain a step in a chart over time: where an import's data begins, when the rules changed."""

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
    """One event on the time axis of the faxes.

    Attributes:
        at: In the service's local time without a zone, as the faxes' own.
        name: The file that was imported, or the ruleset's id.
        count: Faxes imported, or verdicts changed.
    """

    kind: MarkKind
    at: dt.datetime
    name: str
    count: int


class Annotations:
    """Looks both up among what the current actor may see.

    An import is marked where its data begins and not when the file came in: a month that is imported on the
    first day of the next one explains nothing there. A change of rules is marked when it happened, since from
    then on users are judged by other rules.
    """

    def __init__(self, reports: Reports, validation: Validation, zone: dt.tzinfo) -> None:
        self._reports = reports
        self._validation = validation
        self._zone = zone

    def marks(self, start: dt.datetime, end: dt.datetime) -> list[Mark]:
        """Those from `start` to before `end`, oldest first; local times of the service."""
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
