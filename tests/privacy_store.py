"""Real store with its privacy services, and a search of the disk for traces of a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from faxcloud.services.privacy.erasure import Privacy
from faxcloud.services.privacy.retention import Retention
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.lake.table import Lake
from faxcloud.wiring import Services
from tests.live_store import opened

HEADER = (
    "Fax ID;Nom et prénom utilisateur;Mail utilisateur;Mode;Date et heure du fax;Numéro d'envoi;"
    "Numéro appelé;Nombre de page réel"
)
MARTIN = "Émile Martin"
NUMBER = "33145221134"


@dataclass(frozen=True, slots=True)
class PrivateStore:
    """A store and what is asked of it."""

    home: Path
    services: Services
    catalogue: Catalogue
    lake: Lake
    privacy: Privacy
    retention: Retention

    def put(self, lines: Sequence[str], name: str = "export.csv") -> str:
        """Import records in the format of `HEADER`; the report's id."""
        path = self.home.parent / name
        path.write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8")
        return self.services.imports.import_file(path).report_id


@contextmanager
def private_store(home: Path, now: Callable[[], dt.datetime] = utc_now) -> Iterator[PrivateStore]:
    """Opened as any start does; `now` is retention's clock."""
    with opened(home) as services:
        yield privacy_of(services, now)


def privacy_of(services: Services, now: Callable[[], dt.datetime] = utc_now) -> PrivateStore:
    """The privacy services over those of a store."""
    settings, catalogue, lake = services.settings, services._catalogue, Lake(services.settings.home / "lake")
    retention = Retention(
        catalogue, lake, services.reports, services.journal, services.audit, settings.zone, now
    )
    return PrivateStore(settings.home, services, catalogue, lake, services.privacy, retention)


def places_of(home: Path, text: str) -> list[str]:
    """Every file below the store in which a text stands, read as bytes and, where it is Parquet, as rows."""
    files = sorted(path for path in home.rglob("*") if path.is_file())
    return [
        path.relative_to(home).as_posix()
        for path in files
        if text.encode() in path.read_bytes() or (path.suffix == ".parquet" and _holds(path, text))
    ]


def _holds(path: Path, text: str) -> bool:
    return any(text in str(row) for row in pq.read_table(path).to_pylist())
