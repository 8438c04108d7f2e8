"""`Idempotency-Key`: a request repeated because its answer got lost is answered, not executed again."""

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
    """Stored answer of the first request."""

    status: int
    answer: dict[str, Any]


class Idempotency:
    """Idempotency keys of all clients. They survive restarts; servers on one catalogue share them."""

    def __init__(self, catalogue: Catalogue, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._catalogue = catalogue
        self._clock = clock

    def begin(self, client: str, key: str, fingerprint: str) -> Replay | None:
        """Begin a request with a key; None where it has to be executed.

        The caller then calls `finish` or `forget`.

        Args:
            client: Keys of different clients are independent.
            fingerprint: Hash of everything that defines the request.

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
        """Store the answer for a day."""
        with self._catalogue.write() as conn:
            finish_request(conn, client, key, status, answer)

    def forget(self, client: str, key: str) -> None:
        """Release the key after a temporary failure: the request may be repeated."""
        with self._catalogue.write() as conn:
            forget_request(conn, client, key)
