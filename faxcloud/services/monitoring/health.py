"""Health report: whether this server can do its work, found by exercising each part of it.

The whole is as bad as its worst check, warnings aside: a laptop on which nobody has made a backup yet is
healthy, and its check says so all the same.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass
from typing import Any, TypeVar

from faxcloud import __version__
from faxcloud.errors import FaxCloudError
from faxcloud.services.monitoring.checks import Checks, Found, State
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.counts import ready_reports

log = logging.getLogger(__name__)

T = TypeVar("T")

ORDER: tuple[State, ...] = ("healthy", "warning", "degraded", "unhealthy")

KEPT_S = 2.0
"""Seconds for which a report is cached: many probes cost one run of the checks."""

PATIENCE_S = 5.0
"""Timeout of all checks: the report must arrive before a probe gives up, and name the check that hangs."""

CLOSING_S = 1.0
"""More than a check takes that does not hang."""

VITAL = frozenset(("catalogue", "lake"))
"""Checks without which no request can be served."""


@dataclass(frozen=True, slots=True)
class _RecentChecks:
    at: dt.datetime
    found: dict[str, Found]
    reports: int | None

    @property
    def status(self) -> State:
        if self.reports is None:
            return "unhealthy"  # not even readers get an answer
        worst = max((found.status for found in self.found.values()), key=ORDER.index)
        return "healthy" if worst == "warning" else worst


class Health:
    """Runs the checks on request, at most every two seconds.

    Safe for threads; it blocks, so not for an event loop.

    Args:
        patience_s: Timeout of all checks together.
    """

    def __init__(self, catalogue: Catalogue, checks: Checks, patience_s: float = PATIENCE_S) -> None:
        self._catalogue = catalogue
        self._patience_s = patience_s
        self._checks = checks
        self._running: dict[str, Future[Any]] = {}
        self._lock = threading.Lock()
        self._last: _RecentChecks | None = None
        self._looked = 0.0

    def report(self, detailed: bool = False) -> dict[str, Any]:
        """Health document of `GET /api/v3/health`; with `detailed` each check gives its reason and numbers.

        `status` is `unhealthy` where requests should go to another server: the face answers 503 then.
        """
        look = self._look()
        return {
            "status": look.status,
            "timestamp": look.at.isoformat(),
            "database": "connected" if look.reports is not None else "unavailable",
            "reports_count": look.reports,
            "version": __version__,
            "checks": {name: self._shown(found, detailed) for name, found in look.found.items()},
        }

    def close(self) -> None:
        """Wait for checks that are about to end; one that hangs is not waited for."""
        with self._lock:
            wait(self._running.values(), CLOSING_S)

    def _shown(self, found: Found, detailed: bool) -> Any:
        # Whoever shows no key learns that something is wrong, not where our folders are.
        return {"status": found.status, "detail": found.detail, **found.facts} if detailed else found.status

    def _look(self) -> _RecentChecks:
        with self._lock:  # whoever comes meanwhile waits for this look, and has it
            if self._last is None or time.monotonic() - self._looked > KEPT_S:
                until = time.monotonic() + self._patience_s
                counting = self._begun("reports", self._count)
                found = self._found(until)
                self._last = _RecentChecks(dt.datetime.now(dt.UTC), found, self._counted(counting, until))
                self._looked = time.monotonic()
            return self._last

    def _found(self, until: float) -> dict[str, Found]:
        begun = {name: self._begun(name, check) for name, check in self._checks.all().items()}
        return {name: self._ended(name, future, until) for name, future in begun.items()}

    def _begun(self, name: str, check: Callable[[], T]) -> Future[T]:
        """Start a check, or return the one that still hangs since an earlier run: threads do not pile up."""
        if name not in self._running or self._running[name].done():  # what came too late is old by now
            self._running[name] = future = Future[T]()
            # No pool: Python waits for a pool's threads when it ends, those that hang included.
            threading.Thread(target=_fulfil, args=(future, check), name=f"health {name}", daemon=True).start()
        return self._running[name]

    def _ended(self, name: str, future: Future[Found], until: float) -> Found:
        failed: State = "unhealthy" if name in VITAL else "degraded"
        try:
            found = future.result(max(0.0, until - time.monotonic()))
        except TooSlow:
            # Not unhealthy: a catalogue that another writer holds for some seconds still answers readers.
            return Found("degraded", f"It has not answered within {self._patience_s:g} seconds.")
        except FaxCloudError as error:
            found = Found(failed, error.message)
        except Exception as error:
            log.exception("the check %s failed", name)
            found = Found(failed, f"The check failed: {type(error).__name__}.")
        del self._running[name]
        return found

    def _count(self) -> int:
        with self._catalogue.read() as conn:
            return ready_reports(conn)

    def _counted(self, counting: Future[int], until: float) -> int | None:
        """How many reports are ready; None where the catalogue cannot be read, or not in time."""
        try:
            return counting.result(max(0.0, until - time.monotonic()))
        except (TooSlow, FaxCloudError):
            return None


def _fulfil(future: Future[T], check: Callable[[], T]) -> None:
    try:
        future.set_result(check())
    except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
        future.set_exception(error)
