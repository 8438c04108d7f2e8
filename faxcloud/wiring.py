"""Dependency wiring: builds the services from the settings. Nothing is shared between two calls."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from faxcloud.config import Settings
from faxcloud.errors import CatalogueDamaged, LakeMissing, LakeUnavailable
from faxcloud.i18n import N_
from faxcloud.services.access.accounts import Accounts
from faxcloud.services.access.idempotency import Idempotency
from faxcloud.services.access.keys import Keys
from faxcloud.services.access.limits import Limits
from faxcloud.services.access.sessions import Sessions
from faxcloud.services.alerts.apprise_sender import AppriseSender
from faxcloud.services.alerts.channels import Channels
from faxcloud.services.alerts.notifications import Notices
from faxcloud.services.alerts.rules import Alerts
from faxcloud.services.analytics.annotations import Annotations
from faxcloud.services.analytics.comparisons import Comparisons
from faxcloud.services.analytics.compliance_target import Targets
from faxcloud.services.analytics.corrections import Corrections
from faxcloud.services.analytics.coverage import Coverages
from faxcloud.services.analytics.hours import Hours
from faxcloud.services.analytics.live_feed import Feed
from faxcloud.services.analytics.search import Search
from faxcloud.services.analytics.summaries import Summaries
from faxcloud.services.analytics.usage import Usage
from faxcloud.services.analytics.users import People
from faxcloud.services.backups.backup import Backups
from faxcloud.services.backups.restore import Restores
from faxcloud.services.backups.restore_switch import Switch
from faxcloud.services.exports.writer import Exports
from faxcloud.services.imports.importer import Imports
from faxcloud.services.imports.jobs import ImportJobs
from faxcloud.services.imports.reports import Reports
from faxcloud.services.imports.uploads import Uploads
from faxcloud.services.journal import Journal
from faxcloud.services.mailings.scheduled import Mailings
from faxcloud.services.maintenance.encryption_keys import EncryptionKeys
from faxcloud.services.maintenance.housekeeping import Housekeeping
from faxcloud.services.maintenance.store_maintenance import Maintenance
from faxcloud.services.monitoring.audit import Audit
from faxcloud.services.monitoring.cache_admin import KeptAnswers
from faxcloud.services.monitoring.checks import Checks
from faxcloud.services.monitoring.health import Health
from faxcloud.services.monitoring.server_metrics import Metrics
from faxcloud.services.monitoring.status import Status
from faxcloud.services.monitoring.traffic import Traffic
from faxcloud.services.papers.paper import Papers
from faxcloud.services.papers.shares import Shares
from faxcloud.services.privacy.erasure import Privacy
from faxcloud.services.privacy.retention import Retention
from faxcloud.services.scoping import Scope
from faxcloud.services.validation.revalidation import Validation
from faxcloud.services.validation.rulesets import Rulesets
from faxcloud.services.views.preferences import Preferences
from faxcloud.services.views.saved import Views
from faxcloud.services.webhooks.deliveries import Deliverer
from faxcloud.services.webhooks.destinations import Destinations
from faxcloud.services.webhooks.endpoints import Webhooks
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.cache.cache import Cache, open_cache
from faxcloud.store.catalogue.connection import Catalogue, open_catalogue
from faxcloud.store.disk_reserve import make_reserve, spend_reserve
from faxcloud.store.encryption import Encryption
from faxcloud.store.lake.table import NO_TABLE, Lake
from faxcloud.store.permissions import restrict
from faxcloud.store.queries.corrections import WrongNumbers
from faxcloud.store.queries.engine import Engine, open_engine
from faxcloud.store.queries.faxes import FaxReader
from faxcloud.store.queries.hours import FaxHours
from faxcloud.store.queries.pseudonymised import PseudonymisedReader
from faxcloud.store.queries.usage import UsageReader
from faxcloud.store.reading import Unpacking
from faxcloud.store.records.reports import list_reports

BATCH_SECONDS = 4 * 3600.0
"""Timeout for re-validation, which may take long; queries of pages may not."""


@dataclass(frozen=True, slots=True)
class Services:
    """All services, for the faces."""

    settings: Settings
    summaries: Summaries
    search: Search
    exports: Exports
    imports: Imports
    import_jobs: ImportJobs
    uploads: Uploads
    reports: Reports
    rulesets: Rulesets
    validation: Validation
    maintenance: Maintenance
    encryption_keys: EncryptionKeys
    backups: Backups
    status: Status
    preferences: Preferences
    views: Views
    targets: Targets
    annotations: Annotations
    papers: Papers
    alerts: Alerts
    shares: Shares
    comparisons: Comparisons
    people: People
    usage: Usage
    corrections: Corrections
    hours: Hours
    channels: Channels
    notices: Notices
    mailings: Mailings
    keys: Keys
    sessions: Sessions
    accounts: Accounts
    limits: Limits
    idempotency: Idempotency
    webhooks: Webhooks
    deliverer: Deliverer
    feed: Feed
    journal: Journal
    audit: Audit
    retention: Retention
    housekeeping: Housekeeping
    privacy: Privacy
    kept_answers: KeptAnswers
    traffic: Traffic
    metrics: Metrics
    health: Health
    _cache: Cache
    _catalogue: Catalogue
    _engines: tuple[Engine, ...]

    def close(self) -> None:
        """Close the databases and stop imports that still run in processes of their own."""
        with contextlib.ExitStack() as last_first:  # one that fails to close keeps none of the others open
            last_first.callback(self._catalogue.close)
            for engine in self._engines:
                last_first.callback(engine.close)
            last_first.callback(self._cache.close)
            last_first.callback(self.health.close)
            last_first.callback(self.import_jobs.close)


@dataclass(frozen=True, slots=True)
class _Opened:
    """Opened stores with their readers and writers."""

    catalogue: Catalogue
    lake: Lake
    cache: Cache
    engine: Engine
    batch_engine: Engine
    faxes: FaxReader
    stored: FaxReader
    pseudonymised: PseudonymisedReader
    trail: AuditTrail
    journal: Journal
    scope: Scope

    def forget(self) -> None:
        """Let go of all that the readers keep."""
        for reader in (self.faxes, self.stored, self.pseudonymised):
            reader.forget()


def build(settings: Settings, *, to_delete: bool = False) -> Services:
    """Build the services: open the store and repair what a crashed process left unfinished.

    Args:
        to_delete: The caller is about to delete: on a full disk the disk reserve is freed for that.

    Raises:
        LakeUnavailable, CatalogueUnavailable, StoreTooNew: the store cannot be opened.
        LakeMissing: the catalogue lists reports, but the lake is missing; none is created.
    """
    if to_delete:
        spend_reserve(settings.home)
    of = _open(settings)
    catalogue, lake, journal, scope = of.catalogue, of.lake, of.journal, of.scope
    audit = Audit(catalogue, of.trail, journal, settings.zone)
    keys = Keys(catalogue, settings, journal)
    destinations = Destinations(settings.allowed_webhook_networks)
    deliverer = Deliverer(catalogue, journal, destinations)
    limits, traffic, uploads = Limits(settings), Traffic(), Uploads(settings.uploads_folder)
    summaries = Summaries(of.faxes, scope, Coverages(catalogue).of)
    reports = Reports(catalogue, lake, journal)
    rulesets = Rulesets(settings.rulesets_folder, catalogue, journal)
    validation = Validation(catalogue, lake, of.batch_engine, rulesets, journal, settings.zone)
    switch = Switch(settings, catalogue, lake, journal, of.trail)
    maintenance = Maintenance(catalogue, lake, of.batch_engine, validation, journal, switch.settle)
    restores = Restores(settings, catalogue, lake, switch, maintenance.recover, maintenance.check)
    retention = Retention(catalogue, lake, reports, journal, audit, settings.zone)
    targets, preferences = Targets(catalogue, journal), Preferences(catalogue, journal)
    papers = Papers(
        summaries, reports, rulesets, catalogue, journal, targets.target_rate, settings.viewer_names
    )
    sender, usage = AppriseSender(destinations), UsageReader(of.engine, of.cache)
    notices, accounts = Notices(catalogue, sender, settings.public_url), Accounts(catalogue, keys, journal)
    encryption_keys = EncryptionKeys(catalogue, journal)
    if catalogue.not_writable is None:
        make_reserve(settings.home)
        maintenance.recover()
        encryption_keys.encrypt_plain()
    return Services(
        settings=settings,
        summaries=summaries,
        search=Search(of.faxes, scope),
        exports=Exports(of.stored, journal, scope, rulesets.labels),
        imports=Imports(
            catalogue,
            lake,
            of.batch_engine,
            rulesets,
            validation,
            journal,
            settings.zone,
            recover=maintenance.recover,
            compact=maintenance.compact_if_needed,
            unpacking=Unpacking(settings.unpack_ratio, settings.unpack_limit_bytes),
        ),
        import_jobs=ImportJobs(settings, maintenance.recover),
        uploads=uploads,
        reports=reports,
        rulesets=rulesets,
        validation=validation,
        maintenance=maintenance,
        encryption_keys=encryption_keys,
        backups=Backups(settings, catalogue, lake, journal, restores),
        status=Status(settings, lake, summaries, reports, rulesets),
        preferences=preferences,
        views=Views(catalogue, journal, scope, preferences),
        targets=targets,
        annotations=Annotations(reports, validation, settings.zone),
        papers=papers,
        alerts=Alerts(catalogue, journal, summaries, settings.zone, on_queued=notices.worker.wake),
        shares=Shares(catalogue, journal, settings, papers),
        comparisons=Comparisons(summaries, of.faxes, scope),
        people=People(summaries, of.faxes, usage, scope, rulesets, journal),
        usage=Usage(of.faxes, usage, scope, catalogue, journal, reports),
        corrections=Corrections(
            of.faxes, WrongNumbers(of.engine, of.cache), of.engine, rulesets, journal, scope
        ),
        hours=Hours(catalogue, of.faxes, FaxHours(of.engine, of.cache), journal, scope),
        channels=Channels(catalogue, journal, sender, settings.public_url),
        notices=notices,
        mailings=Mailings(settings, catalogue, journal, keys, accounts, papers),
        keys=keys,
        sessions=Sessions(keys, settings, catalogue, journal),
        accounts=accounts,
        limits=limits,
        idempotency=Idempotency(catalogue),
        webhooks=Webhooks(catalogue, journal, destinations, deliverer),
        deliverer=deliverer,
        feed=Feed(catalogue, summaries),
        journal=journal,
        audit=audit,
        retention=retention,
        housekeeping=Housekeeping(catalogue, retention, uploads, maintenance.recover),
        privacy=Privacy(
            settings,
            catalogue,
            lake,
            journal,
            Exports(of.pseudonymised, journal, scope, rulesets.labels),
            recover=maintenance.recover,
            clear_caches=of.forget,
        ),
        kept_answers=KeptAnswers(of.cache, journal),
        traffic=traffic,
        metrics=Metrics(
            catalogue, lake, of.cache, limits, traffic, (of.engine, of.batch_engine), deliverer.stats
        ),
        health=Health(catalogue, Checks(settings, catalogue, lake, of.cache)),
        _cache=of.cache,
        _catalogue=catalogue,
        _engines=(of.engine, of.batch_engine),
    )


def _require_both(catalogue: Catalogue, lake: Lake) -> None:
    """Require catalogue and lake together: one without the other is not a new store."""
    if lake.version() == NO_TABLE:
        with catalogue.read() as conn:
            if any(report.state == "ready" for report in list_reports(conn)):
                raise LakeMissing(lake=str(lake.folder))
    elif catalogue.is_empty and lake.snapshot().rows:
        raise CatalogueDamaged(reason=f"it lists no report, but {lake.folder} has faxes")


def _open(settings: Settings) -> _Opened:
    if not settings.lake_is_local:
        raise LakeUnavailable(lake=settings.lake_uri, reason=N_("only a local folder is supported"))
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise LakeUnavailable(lake=str(settings.home), reason=str(error)) from error
    catalogue = open_catalogue(settings.catalogue_url, Encryption(settings.keys_folder))
    lake = Lake(Path(settings.lake_uri.removeprefix("file://")))
    files = [Path(f"{catalogue.file}{suffix}") for suffix in ("", "-wal", "-shm") if catalogue.file]
    restrict(lake.folder, settings.keys_folder, settings.logs_folder, settings.uploads_folder, *files)
    try:
        _require_both(catalogue, lake)
    except BaseException:
        catalogue.close()
        raise
    engine = open_engine(lake.folder, settings.memory_limit, keeps_order=False, damage=lake.damage)
    batch_engine = open_engine(lake.folder, settings.memory_limit, seconds=BATCH_SECONDS, damage=lake.damage)
    # Servers of one store share answers in a Redis; two stores that share a Redis do not.
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    cache = open_cache(redis_url, settings.lake_uri, settings.cache_seconds)
    trail = AuditTrail(settings.keys_folder, settings.logs_folder)
    return _Opened(
        catalogue=catalogue,
        lake=lake,
        cache=cache,
        engine=engine,
        batch_engine=batch_engine,
        faxes=FaxReader(lake, engine, cache),
        stored=FaxReader(lake, batch_engine, cache),  # in the order of storage
        pseudonymised=PseudonymisedReader(lake, batch_engine, cache, settings.keys_folder),
        trail=trail,
        journal=Journal(catalogue, trail),
        scope=Scope(catalogue),
    )
