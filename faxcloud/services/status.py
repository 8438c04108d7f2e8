"""How the store and the machine are: one document for the command line and the pages."""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from faxcloud import __version__
from faxcloud.config import Settings
from faxcloud.rules.filters import Filters
from faxcloud.services.reports import Reports
from faxcloud.services.rulesets import Rulesets
from faxcloud.services.summaries import Summaries
from faxcloud.store.lake import Lake

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

    def report(self) -> dict[str, Any]:
        """`status --json`; `server` is filled in by whoever can ask a running one."""
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
            "server": None,
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
            ruleset=self._rulesets.active().key,
            disk_free_bytes=shutil.disk_usage(self._settings.home).free,
            version=__version__,
        )


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
