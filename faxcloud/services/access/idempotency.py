"""`Idempotency-Key`: a request that is repeated because its answer got lost is answered, not done, again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from faxcloud.errors import KeyUsedOtherwise, RequestUnderway
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.owners import is_alive, this_process
from faxcloud.store.records.idempotency import (
    begin_request,
    find_request,
    finish_request,
    forget_request,
    forget_requests_before,
)

KEPT = dt.timedelta(hours=24)

ELSEWHERE_S = 3600.0
"""After so long a request that a server on another host has begun counts as given up."""


@dataclass(frozen=True, slots=True)
class Replay:
    """The answer that the first request got."""

    status: int
    answer: dict[str, Any]


class Idempotency:
    """The keys of all clients. Survives restarts; servers on one catalogue share it."""

    def __init__(self, catalogue: Catalogue, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._catalogue = catalogue
        self._clock = clock

    def begin(self, client: str, key: str, fingerprint: str) -> Replay | None:
        """None where the request is to be done now, and `finish` or `forget` called after it.

        Args:
            client: Keys of different clients have nothing to do with each other.
            fingerprint: Of all that makes the request what it is.

        Raises:
            KeyUsedOtherwise: the key belongs to another request.
            RequestUnderway: the first request is still being answered.
        """
        now = self._clock()
        with self._catalogue.write() as conn:
            forget_requests_before(conn, now - KEPT)
            known = find_request(conn, client, key)
            if known is not None and known.status is None:
                if is_alive(known.owner, known.created_at, ELSEWHERE_S, now):
                    if known.fingerprint != fingerprint:
                        raise KeyUsedOtherwise(key=key)
                    raise RequestUnderway(key=key)
                forget_request(conn, client, key)  # its server has died over it
                known = None
            if known is None:
                begin_request(conn, client, key, fingerprint, this_process(), now)
                return None
        if known.fingerprint != fingerprint:
            raise KeyUsedOtherwise(key=key)
        assert known.status is not None
        return Replay(known.status, known.answer or {})

    def finish(self, client: str, key: str, status: int, answer: dict[str, Any]) -> None:
        """Keep the answer for a day."""
        with self._catalogue.write() as conn:
            finish_request(conn, client, key, status, answer)

    def forget(self, client: str, key: str) -> None:
        """The request has failed for a reason that may pass: it may be repeated."""
        with self._catalogue.write() as conn:
            forget_request(conn, client, key)
