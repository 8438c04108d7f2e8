"""Opening hours, and the faxes within and outside them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from faxcloud.domain.filters import Filters
from faxcloud.domain.hours import PARTS, SETTING, OpeningHours
from faxcloud.domain.metrics import BY_KEY
from faxcloud.services.actors import current_actor
from faxcloud.services.journal import Journal, Note
from faxcloud.services.scoping import Scope
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.state import get_setting, put_setting
from faxcloud.store.queries.cube import OVER_CUBE
from faxcloud.store.queries.faxes import FaxReader
from faxcloud.store.queries.hours import FaxHours

ALWAYS = ("business", "night", "weekend")
"""Parts that are listed even without any fax."""


class Hours:
    """Opening hours of the whole store, in the service's local time."""

    def __init__(
        self,
        catalogue: Catalogue,
        faxes: FaxReader,
        hours: FaxHours,
        journal: Journal,
        scope: Scope | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._faxes = faxes
        self._hours = hours
        self._journal = journal
        self._scope = scope or Scope()

    def opening(self) -> OpeningHours:
        """Chosen opening hours; the default is Monday to Friday, 8 to 18."""
        with self._catalogue.read() as conn:
            found = get_setting(conn, SETTING)
        return OpeningHours() if found is None else OpeningHours.from_dict(found)

    def change(self, opening: OpeningHours) -> OpeningHours:
        """Change the opening hours for everybody.

        Raises:
            SettingInvalid: they are not valid opening hours.
            NotAllowed: the actor may not.
        """
        current_actor().require("settings.change")
        chosen = OpeningHours.from_dict(opening.to_dict())
        before = self.opening()
        if chosen != before:
            with self._catalogue.write() as conn:
                put_setting(conn, SETTING, chosen.to_dict())
                details = {"from": before.to_dict(), "to": chosen.to_dict()}
                self._journal.record(conn, Note("setting.change", f"setting:{SETTING}", details=details))
        return chosen

    def summary(self, filters: Filters) -> list[dict[str, Any]]:
        """Metrics by part of the week: every metric but `users`, and the `share` of all faxes.

        None of no faxes.

        Business hours, nights and weekends are always there; public holidays where they count, and faxes
        without a readable date where there are any.
        """
        opening = self.opening()
        found = self._hours.parts(self._faxes.select(self._scope.narrowed(filters)), opening)
        by_part = {row["part"]: row for row in found}
        faxes = sum(row["faxes"] for row in found)
        told = [
            part
            for part in PARTS
            if part in by_part or part in ALWAYS or (part == "holiday" and opening.holidays)
        ]
        return [
            {
                **(_plain(by_part[part]) if part in by_part else _nothing(part)),
                "share": by_part[part]["faxes"] / faxes if part in by_part else (0.0 if faxes else None),
            }
            for part in told
        ]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: float(value) if isinstance(value, Decimal) else value for key, value in row.items()}


def _nothing(part: str) -> dict[str, Any]:
    return {"part": part} | {key: BY_KEY[key].no_data for key in OVER_CUBE}
