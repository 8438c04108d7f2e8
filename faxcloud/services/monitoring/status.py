"""Status of store and machine: one document for the command line."""

from __future__ import annotations

import json
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

import psutil

from faxcloud import __version__
from faxcloud.config import Settings
from faxcloud.domain.filters import Filters
from faxcloud.errors import RulesError
from faxcloud.services.analytics.summaries import Summaries
from faxcloud.services.imports.reports import Reports
from faxcloud.services.monitoring.machine import Machine
from faxcloud.services.monitoring.server_identity import is_proven, published_url
from faxcloud.services.validation.rulesets import Rulesets
from faxcloud.store.lake.table import Lake

UP = "/_stcore/health"
"""Streamlit's own answer that a server is up, which asks nothing of the store."""

HEALTH = "/api/v3/health"

ANSWER_S = 0.5
HEALTH_S = 6.0
"""A server whose checks hang says so within five seconds."""


@dataclass(frozen=True, slots=True)
class Store:
    """Location, size and versions of the store."""

    home: str
    lake: str
    lake_version: int
    lake_files: int
    lake_bytes: int
    catalogue_bytes: int | None
    ruleset: str
    disk_free_bytes: int
    version: str


class Status:
    """Status service; it changes nothing."""

    def __init__(
        self, settings: Settings, lake: Lake, summaries: Summaries, reports: Reports, rulesets: Rulesets
    ) -> None:
        self._settings = settings
        self._lake = lake
        self._summaries = summaries
        self._reports = reports
        self._rulesets = rulesets

    def report(self, server_url: str | None = None) -> dict[str, Any]:
        """Document of `status --json`.

        `server` is None when none answers at `server_url`, by default the store's own.
        """
        values = self._summaries.summary(Filters()).values
        ready = [report for report in self._reports.list() if report["state"] == "ready"]
        return {
            "reports": len(ready),
            "faxes": values["faxes"],
            "valid": values["valid"],
            "invalid": values["invalid"],
            "compliance_rate": values["compliance_rate"],
            "store": asdict(self._store()),
            "system": asdict(Machine().system()),
            "server": _server(server_url) if (server_url := server_url or self._own_server()) else None,
        }

    def _own_server(self) -> str | None:
        """The address of the server over this store; None where it is another's, or none answers."""
        url = published_url(self._settings)
        return url if url is not None and is_proven(self._settings, url) else None

    def _store(self) -> Store:
        snapshot = self._lake.snapshot()
        catalogue = self._settings.home / "catalogue.sqlite"
        return Store(
            home=str(self._settings.home),
            lake=self._settings.lake_uri,
            lake_version=snapshot.version,
            lake_files=len(snapshot.files),
            lake_bytes=snapshot.bytes,
            catalogue_bytes=catalogue.stat().st_size if catalogue.exists() else None,
            ruleset=self._ruleset(),
            disk_free_bytes=shutil.disk_usage(self._settings.home).free,
            version=__version__,
        )

    def _ruleset(self) -> str:
        """`id@hash` of the active one; its id alone where its file is gone or broken."""
        try:
            return self._rulesets.active().key
        except RulesError:
            return self._rulesets.active_id()


def _server(url: str) -> dict[str, Any] | None:
    """What is known of a server that answers; None when none does.

    `pid` and `uptime_seconds` are None where the system does not show the process, `status` (its health) and
    `version` where it is no FaxCloud, or refuses to say.
    """
    if _answer(url + UP, ANSWER_S) is None:
        return None
    process = _listening_on(urllib.parse.urlsplit(url).port or 80)
    uptime = None if process is None else round(time.time() - process.create_time(), 1)
    health = _health(url)
    return {
        "url": url,
        "pid": process and process.pid,
        "uptime_seconds": uptime,
        "status": health.get("status"),
        "version": health.get("version"),
    }


def _health(url: str) -> dict[str, Any]:
    try:
        found = json.loads(_answer(url + HEALTH, HEALTH_S) or b"null")
    except ValueError:
        return {}
    return found if isinstance(found, dict) and "checks" in found else {}


def _answer(url: str, timeout_s: float) -> bytes | None:
    """The body; None unless it is a good one, or that of an unhealthy server."""
    try:
        with urllib.request.urlopen(url, timeout=timeout_s) as answer:  # noqa: S310 - our own address
            return bytes(answer.read()) if answer.status == HTTPStatus.OK else None
    except urllib.error.HTTPError as error:
        with error:
            return error.read() if error.code == HTTPStatus.SERVICE_UNAVAILABLE else None
    except (OSError, ValueError):
        return None


def _listening_on(port: int) -> psutil.Process | None:
    """The process behind a port; None where the system shows another user's processes to nobody."""
    try:
        for connection in psutil.net_connections("tcp"):
            listening = connection.status == psutil.CONN_LISTEN and connection.laddr
            if listening and listening.port == port and connection.pid:
                return psutil.Process(connection.pid)
    except psutil.Error:
        return None
    return None
