"""How the store and the machine are: one document for the command line and the pages."""

from __future__ import annotations

import shutil
import time
import urllib.parse
import urllib.request
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

import psutil

from faxcloud import __version__
from faxcloud.config import Settings
from faxcloud.errors import RulesError
from faxcloud.rules.filters import Filters
from faxcloud.services.reports import Reports
from faxcloud.services.rulesets import Rulesets
from faxcloud.services.summaries import Summaries
from faxcloud.store.lake import Lake

SERVER_URL = "http://127.0.0.1:8501"
HEALTH = "/_stcore/health"
"""Streamlit's own answer that a server is up."""

ANSWER_S = 0.5

CPU_SAMPLE_S = 0.1
"""How long the processor is watched for its percentage; without it psutil reports 0."""


@dataclass(frozen=True, slots=True)
class Store:
    """Where the store is, how large, and at which versions."""

    home: str
    lake: str
    lake_version: int
    lake_files: int
    lake_bytes: int
    catalogue_bytes: int | None
    ruleset: str
    disk_free_bytes: int
    version: str


@dataclass(frozen=True, slots=True)
class System:
    """The machine, and this process: percentages are 0 to 100."""

    cpu_percent: float
    cpu_count: int
    memory_mb: float
    memory_percent: float
    machine_memory_percent: float
    uptime_seconds: float


class Status:
    """Looks; changes nothing."""

    def __init__(
        self, settings: Settings, lake: Lake, summaries: Summaries, reports: Reports, rulesets: Rulesets
    ) -> None:
        self._settings = settings
        self._lake = lake
        self._summaries = summaries
        self._reports = reports
        self._rulesets = rulesets

    def report(self, server_url: str = SERVER_URL) -> dict[str, Any]:
        """`status --json`; `server` is None when none answers at `server_url`, on this machine."""
        values = self._summaries.summary(Filters()).values
        ready = [report for report in self._reports.list() if report["state"] == "ready"]
        return {
            "reports": len(ready),
            "faxes": values["faxes"],
            "valid": values["valid"],
            "invalid": values["invalid"],
            "compliance_rate": values["compliance_rate"],
            "store": asdict(self._store()),
            "system": asdict(system()),
            "server": _server(server_url),
        }

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
    """Address, process id and uptime of a server that answers; None when none does."""
    try:
        with urllib.request.urlopen(url + HEALTH, timeout=ANSWER_S) as answer:  # noqa: S310 - our own address
            if answer.status != HTTPStatus.OK:
                return None
    except (OSError, ValueError):
        return None
    process = _listening_on(urllib.parse.urlsplit(url).port or 80)
    uptime = None if process is None else round(time.time() - process.create_time(), 1)
    return {"url": url, "pid": process and process.pid, "uptime_seconds": uptime}


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


def system() -> System:
    """This machine and this process, measured now."""
    process = psutil.Process()
    memory = process.memory_info().rss
    return System(
        cpu_percent=psutil.cpu_percent(CPU_SAMPLE_S),
        cpu_count=psutil.cpu_count() or 1,
        memory_mb=round(memory / 2**20, 1),
        memory_percent=round(process.memory_percent(), 2),
        machine_memory_percent=psutil.virtual_memory().percent,
        uptime_seconds=round(time.time() - process.create_time(), 1),
    )
