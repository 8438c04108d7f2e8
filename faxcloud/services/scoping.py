"""Scope and masking of the current actor: the reports of its key, and no way to infer a masked number.

Every service that reads faxes or reports passes its filters through here. The scope comes first and is part
of the filters, hence of every cache key. Masking comes last, after the cache, which holds rows in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from faxcloud.domain.filters import Filters
from faxcloud.domain.masking import mask_names, masked
from faxcloud.domain.roles import Permission, not_allowed
from faxcloud.errors import OutOfScope, ReportNotFound
from faxcloud.services.actors import Actor, current_actor
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.records.reports import reports_of_contracts

IN_FULL: Permission = "rows.read_in_full"


class Scope:
    """Scope of the current actor. Without a catalogue no contract has any report."""

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        self._catalogue = catalogue

    def reports(self) -> tuple[str, ...] | None:
        """Ids of the reports that the actor may see, in order; None for all."""
        actor = current_actor()
        if not actor.is_scoped:
            return None
        found = set(actor.reports or ())
        if actor.contracts and self._catalogue is not None:
            with self._catalogue.read() as conn:
                found |= reports_of_contracts(conn, actor.contracts)
        return tuple(sorted(found))

    def narrowed(self, filters: Filters) -> Filters:
        """Selection narrowed to the reports that the actor may see.

        Raises:
            NotAllowed: it searches for a text, and the actor sees numbers masked: a search that finds or does
                not find would reveal them, digit by digit. Likewise with a user, where names are not shown.
        """
        actor = current_actor()
        if (filters.q is not None and not actor.may(IN_FULL)) or (
            filters.user is not None and not actor.sees_names
        ):
            raise not_allowed(actor.role, IN_FULL)
        reports = self.reports()
        return filters if reports is None else replace(filters, reports=reports)

    def sees(self, report_id: str | None) -> bool:
        """Whether the actor may see a report, or what concerns all reports (None)."""
        reports = self.reports()
        return reports is None or report_id in reports

    def require(self, report_id: str) -> None:
        """Require that the actor may see the report.

        Raises:
            ReportNotFound: it may not; whether the report exists is not revealed.
        """
        if not self.sees(report_id):
            raise ReportNotFound(report_id=report_id)


def require_everything() -> None:
    """Require that the actor may see every report.

    Raises:
        OutOfScope: the request concerns other reports too.
    """
    if current_actor().is_scoped:
        raise OutOfScope


def require_import(contract: str | None) -> None:
    """Require that the actor may import a file under this contract.

    Raises:
        NotAllowed: its role may not import.
        OutOfScope: it could not see the resulting report.
    """
    actor = current_actor()
    actor.require("reports.import")
    if actor.is_scoped and (contract is None or contract not in (actor.contracts or ())):
        raise OutOfScope


def shown(rows: Iterable[dict[str, Any]], actor: Actor | None = None) -> list[dict[str, Any]]:
    """Rows masked for the actor."""
    actor = actor or current_actor()
    may_read = actor.may(IN_FULL)
    return [row if may_read else masked(row, actor.names) for row in rows]


def shown_keys(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the user name in `key` masked for the actor."""
    actor = current_actor()
    if actor.may(IN_FULL):
        return [*rows]
    names = mask_names([row["key"] or "" for row in rows], actor.names)
    return [{**row, "key": name} for row, name in zip(rows, names, strict=True)]
