"""Download tickets: links to a selection that do not contain it.

Addresses are logged, and a selection may hold a phone number or a name. A ticket stands for one export of one
selection, cannot be guessed, and is valid for an hour after it was last offered.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from faxcloud.domain.filters import Filters
from faxcloud.i18n import Language
from faxcloud.services.actors import Actor, current_actor
from faxcloud.services.exports.formats import Format

Kind = Literal["export", "rejects", "changes", "pseudonymised", "audit", "paper"]

LIFETIME_S = 3_600.0
MOST_TICKETS = 5_000


@dataclass(frozen=True, slots=True)
class Offer:
    """Download that a ticket stands for.

    Attributes:
        subject: Report or run, where it is not an export.
        asked: For the audit log, the search by the names of `services.monitoring.audit`;
            for a report to share, its `language`.
        file_name: Proposed to the browser; of our own making, without personal data.
        actor: Actor who got it, and on whose behalf it is answered; filled in by `Tickets.offer`.
    """

    kind: Kind
    file_name: str
    filters: Filters = field(default_factory=Filters)
    format: Format | Literal["pdf"] = "csv"
    separator: str = ","
    bom: bool = False
    decimal_comma: bool = False
    labels: Language | None = None
    sort: str | None = None
    subject: str = ""
    asked: tuple[tuple[str, Any], ...] = ()
    actor: Actor | None = None


class Tickets:
    """Tickets of one server process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._offers: OrderedDict[str, tuple[float, Offer]] = OrderedDict()

    def offer(self, offer: Offer) -> str:
        """Create a ticket; the same offer gives the same ticket, so that redrawing a page changes nothing."""
        offer = replace(offer, actor=current_actor())
        ticket = hmac.new(self._secret, repr(offer).encode(), hashlib.sha256).hexdigest()[:40]
        with self._lock:
            self._offers[ticket] = (self._clock() + LIFETIME_S, offer)
            self._offers.move_to_end(ticket)
            while len(self._offers) > MOST_TICKETS:
                self._offers.popitem(last=False)
        return ticket

    def claim(self, ticket: str) -> Offer | None:
        """Look up a ticket; None when it is unknown or too old. It can be used again."""
        with self._lock:
            expires, offer = self._offers.get(ticket, (0.0, None))
            return offer if self._clock() < expires else None
