"""Leases: locks between processes that expire unless they are renewed."""

import datetime as dt
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from faxcloud.errors import CatalogueUnavailable
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.owners import is_alive, this_process
from faxcloud.store.catalogue.tables import leases

POLL_S = 0.1


@dataclass(frozen=True)
class Lease:
    """Holder and expiry of a lease."""

    name: str
    owner: str
    heartbeat_at: dt.datetime
    expires_at: dt.datetime


def acquire(conn: sa.Connection, name: str, owner: str, ttl_s: float) -> bool:
    """Acquire a lease that is free, the owner's own, expired, or held by a dead process of this host."""
    now = utc_now()
    held = holder(conn, name)
    values = {"owner": owner, "heartbeat_at": now, "expires_at": now + dt.timedelta(seconds=ttl_s)}
    if held is None:
        conn.execute(leases.insert().values(name=name, **values))
        return True
    left_s = (held.expires_at - held.heartbeat_at).total_seconds()
    alive = held.expires_at > now and is_alive(held.owner, held.heartbeat_at, left_s, now)
    if alive and held.owner != owner:
        return False
    conn.execute(leases.update().where(leases.c.name == name).values(**values))
    return True


def renew(conn: sa.Connection, name: str, owner: str, ttl_s: float) -> bool:
    """Extend a lease by `ttl_s`; False when another owner has it."""
    now = utc_now()
    mine = sa.and_(leases.c.name == name, leases.c.owner == owner)
    values = {"heartbeat_at": now, "expires_at": now + dt.timedelta(seconds=ttl_s)}
    return conn.execute(leases.update().where(mine).values(**values)).rowcount == 1


def release(conn: sa.Connection, name: str, owner: str) -> bool:
    """Release a lease; False when the owner no longer held it."""
    mine = sa.and_(leases.c.name == name, leases.c.owner == owner)
    return conn.execute(leases.delete().where(mine)).rowcount == 1


def holder(conn: sa.Connection, name: str) -> Lease | None:
    """Current holder of a lease, expired or not."""
    row = conn.execute(sa.select(leases).where(leases.c.name == name)).mappings().first()
    return None if row is None else Lease(**row)


class HeldLease:
    """Lease held for the length of a block, renewed by a thread of its own.

    `lost` turns True when another owner took it or it could not be renewed in time (a laptop asleep, a
    database unreachable): check it between steps that can't be undone.

    Args:
        catalogue: Catalogue of the lease.
        name: Name of the work.
        ttl_s: how long others wait for a holder on another host that fell silent.
        taken: the error to raise when somebody else has it.
        patience_s: how long to wait for somebody else before that.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        name: str,
        ttl_s: float,
        taken: Callable[[Lease], Exception],
        *,
        patience_s: float = 0.0,
    ) -> None:
        self._catalogue = catalogue
        self._name = name
        self._ttl_s = ttl_s
        self._taken = taken
        self._patience_s = patience_s
        # Two threads of one process are two owners.
        self.owner = f"{this_process()}|{secrets.token_hex(4)}"
        self._stop = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"lease {name}", daemon=True)

    def __enter__(self) -> Self:
        until = time.monotonic() + self._patience_s
        while (other := self._acquired()) is not None:
            if time.monotonic() >= until:
                raise self._taken(other)
            self._stop.wait(POLL_S)
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        with self._catalogue.write() as conn:
            release(conn, self._name, self.owner)

    def _acquired(self) -> Lease | None:
        """Acquire the lease; returns the other holder, or None once it is ours."""
        with self._catalogue.write() as conn:
            other = holder(conn, self._name)
            return None if acquire(conn, self._name, self.owner, self._ttl_s) else other

    @property
    def lost(self) -> bool:
        """Whether the lease was lost, so that others may be doing the same work."""
        return self._lost.is_set()

    def wait_until_lost(self, timeout_s: float) -> bool:
        """Wait for `lost`, for work that has nothing else to do; returns whether the lease was lost."""
        return self._lost.wait(timeout_s)

    def _keep(self) -> None:
        renewed = time.monotonic()
        while not self._stop.wait(self._ttl_s / 3):
            try:
                with self._catalogue.write() as conn:
                    mine = renew(conn, self._name, self.owner, self._ttl_s)
            except CatalogueUnavailable:
                # Tried again until the time is up: a moment without the database must not end hours of work.
                mine = time.monotonic() - renewed < self._ttl_s
            else:
                renewed = time.monotonic()
            if not mine:
                self._lost.set()
                return
