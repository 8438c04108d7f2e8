"""Joins the floors: settings go in, services come out. Nothing is shared between two calls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from faxcloud.config import Settings
from faxcloud.errors import LakeUnavailable
from faxcloud.services.accounts import Accounts
from faxcloud.services.audit import Audit
from faxcloud.services.backups import Backups
from faxcloud.services.deliveries import Deliverer
from faxcloud.services.destinations import Destinations
from faxcloud.services.exports import Exports
from faxcloud.services.imports import Imports
from faxcloud.services.journal import Journal
from faxcloud.services.keys import Keys
from faxcloud.services.maintenance import Maintenance
from faxcloud.services.reports import Reports
from faxcloud.services.rulesets import Rulesets
from faxcloud.services.search import Search
from faxcloud.services.sessions import Sessions
from faxcloud.services.status import Status
from faxcloud.services.summaries import Summaries
from faxcloud.services.validation import Validation
from faxcloud.services.webhooks import Webhooks
from faxcloud.store.audit import AuditTrail
from faxcloud.store.cache import Cache
from faxcloud.store.catalogue import Catalogue, open_catalogue
from faxcloud.store.engine import Engine, open_engine
from faxcloud.store.faxes import FaxReader
from faxcloud.store.lake import Lake

BATCH_SECONDS = 4 * 3600.0
"""Judging everything again may take long; a question of a page may not."""


@dataclass(frozen=True, slots=True)
class Services:
    """What FaxCloud can do, for the faces."""

    settings: Settings
    summaries: Summaries
    search: Search
    exports: Exports
    imports: Imports
    reports: Reports
    rulesets: Rulesets
    validation: Validation
    maintenance: Maintenance
    backups: Backups
    status: Status
    keys: Keys
    sessions: Sessions
    accounts: Accounts
    webhooks: Webhooks
    deliverer: Deliverer
    journal: Journal
    audit: Audit
    _catalogue: Catalogue
    _engines: tuple[Engine, ...]

    def close(self) -> None:
        """Let go of the databases."""
        for engine in self._engines:
            engine.close()
        self._catalogue.close()


def build(settings: Settings) -> Services:
    """Open the store, repairing what a process that died left half-done, and build the services over it.

    Raises:
        LakeUnavailable, CatalogueUnavailable, StoreTooNew: the store cannot be opened.
    """
    if not settings.lake_is_local:
        raise LakeUnavailable(lake=settings.lake_uri, reason="only a local folder is supported so far")
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LakeUnavailable(lake=str(settings.home), reason=str(error)) from error
    catalogue = open_catalogue(settings.catalogue_url)
    trail = AuditTrail(settings.keys_folder, settings.logs_folder)
    journal = Journal(catalogue, trail)
    keys = Keys(catalogue, settings, journal)
    destinations = Destinations(settings.allowed_webhook_networks)
    deliverer = Deliverer(catalogue, journal, destinations)
    lake = Lake(Path(settings.lake_uri.removeprefix("file://")))
    engine = open_engine(lake.folder, settings.memory_limit, keeps_order=False)
    batch_engine = open_engine(lake.folder, settings.memory_limit, seconds=BATCH_SECONDS)
    faxes = FaxReader(lake, engine, Cache())
    summaries = Summaries(faxes)
    reports = Reports(catalogue, lake, journal)
    rulesets = Rulesets(settings.rulesets_folder, catalogue, journal)
    validation = Validation(catalogue, lake, batch_engine, rulesets, journal)
    maintenance = Maintenance(catalogue, lake, batch_engine, validation, journal)
    imports = Imports(
        catalogue,
        lake,
        batch_engine,
        rulesets,
        validation,
        journal,
        recover=maintenance.recover,
        compact=maintenance.compact_if_needed,
    )
    maintenance.recover()
    return Services(
        settings=settings,
        summaries=summaries,
        search=Search(faxes),
        exports=Exports(FaxReader(lake, batch_engine, Cache()), journal),  # in the order of storage
        imports=imports,
        reports=reports,
        rulesets=rulesets,
        validation=validation,
        maintenance=maintenance,
        backups=Backups(settings, catalogue, lake, journal),
        status=Status(settings, lake, summaries, reports, rulesets),
        keys=keys,
        sessions=Sessions(keys, settings),
        accounts=Accounts(catalogue, keys, journal),
        webhooks=Webhooks(catalogue, journal, destinations, deliverer),
        deliverer=deliverer,
        journal=journal,
        audit=Audit(catalogue, trail, journal, settings.zone),
        _catalogue=catalogue,
        _engines=(engine, batch_engine),
    )
