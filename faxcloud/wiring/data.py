"""Services that import, judge, count, export and delete faxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faxcloud.store.catalogue.abandoned import has_unfinished_work
from faxcloud.store.catalogue.encrypted_columns import has_plain_secrets
from faxcloud.store.disk_reserve import make_reserve
from faxcloud.wiring.lazy import lazy
from faxcloud.wiring.stores import Stores

if TYPE_CHECKING:
    from faxcloud.services.analytics.annotations import Annotations
    from faxcloud.services.analytics.comparisons import Comparisons
    from faxcloud.services.analytics.compliance_target import ComplianceTargets
    from faxcloud.services.analytics.corrections import Corrections
    from faxcloud.services.analytics.hours import Hours
    from faxcloud.services.analytics.live_feed import EventFeed
    from faxcloud.services.analytics.search import Search
    from faxcloud.services.analytics.summaries import Summaries
    from faxcloud.services.analytics.usage import Usage
    from faxcloud.services.analytics.users import People
    from faxcloud.services.backups.backup import Backups
    from faxcloud.services.exports.writer import Exports
    from faxcloud.services.imports.archives import Archives
    from faxcloud.services.imports.importer import Imports
    from faxcloud.services.imports.jobs import ImportJobs
    from faxcloud.services.imports.reports import Reports
    from faxcloud.services.imports.sources import Sources
    from faxcloud.services.imports.uploads import Uploads
    from faxcloud.services.maintenance.encryption_keys import EncryptionKeys
    from faxcloud.services.maintenance.housekeeping import Housekeeping
    from faxcloud.services.maintenance.store_maintenance import Maintenance
    from faxcloud.services.monitoring.audit import Audit
    from faxcloud.services.privacy.erasure import Privacy
    from faxcloud.services.privacy.retention import Retention
    from faxcloud.services.validation.revalidation import Validation
    from faxcloud.services.validation.rulesets import Rulesets
    from faxcloud.store.reading.streams import Unpacking


class DataServices(Stores):
    """Services over the faxes."""

    def recover(self) -> None:
        """Repair what a crashed process left unfinished; quick when there is nothing."""
        if self._catalogue.not_writable is not None:
            return
        make_reserve(self.settings.home)
        with self._catalogue.read() as conn:
            unfinished, plain = has_unfinished_work(conn), has_plain_secrets(conn)
        if unfinished:
            self.maintenance.recover()
        if plain:
            self.encryption_keys.encrypt_plain()

    @lazy
    def rulesets(self) -> Rulesets:
        from faxcloud.services.validation.rulesets import Rulesets

        return Rulesets(self.settings.rulesets_folder, self._catalogue, self.journal)

    @lazy
    def validation(self) -> Validation:
        from faxcloud.services.validation.revalidation import Validation

        return Validation(
            self._catalogue, self._lake, self._batch_engine, self.rulesets, self.journal, self.settings.zone
        )

    @lazy
    def summaries(self) -> Summaries:
        from faxcloud.services.analytics.coverage import Coverages
        from faxcloud.services.analytics.summaries import Summaries

        return Summaries(self._faxes, self._scope, Coverages(self._catalogue).of)

    @lazy
    def search(self) -> Search:
        from faxcloud.services.analytics.search import Search

        return Search(self._faxes, self._scope)

    @lazy
    def comparisons(self) -> Comparisons:
        from faxcloud.services.analytics.comparisons import Comparisons

        return Comparisons(self.summaries, self._faxes, self._scope)

    @lazy
    def people(self) -> People:
        from faxcloud.services.analytics.users import People

        return People(self.summaries, self._faxes, self._usage, self._scope, self.rulesets, self.journal)

    @lazy
    def usage(self) -> Usage:
        from faxcloud.services.analytics.usage import Usage

        return Usage(self._faxes, self._usage, self._scope, self._catalogue, self.journal, self.reports)

    @lazy
    def corrections(self) -> Corrections:
        from faxcloud.services.analytics.corrections import Corrections
        from faxcloud.store.queries.corrections import WrongNumbers

        return Corrections(
            self._faxes,
            WrongNumbers(self._engine, self._cache),
            self._engine,
            self.rulesets,
            self.journal,
            self._scope,
        )

    @lazy
    def hours(self) -> Hours:
        from faxcloud.services.analytics.hours import Hours
        from faxcloud.store.queries.hours import FaxHours

        return Hours(
            self._catalogue, self._faxes, FaxHours(self._engine, self._cache), self.journal, self._scope
        )

    @lazy
    def feed(self) -> EventFeed:
        from faxcloud.services.analytics.live_feed import EventFeed

        return EventFeed(self._catalogue, self.summaries)

    @lazy
    def targets(self) -> ComplianceTargets:
        from faxcloud.services.analytics.compliance_target import ComplianceTargets

        return ComplianceTargets(self._catalogue, self.journal)

    @lazy
    def annotations(self) -> Annotations:
        from faxcloud.services.analytics.annotations import Annotations

        return Annotations(self.reports, self.validation, self.settings.zone)

    @lazy
    def exports(self) -> Exports:
        from faxcloud.services.exports.writer import Exports

        return Exports(self._stored, self.journal, self._scope, self.rulesets.labels)

    @lazy
    def imports(self) -> Imports:
        from faxcloud.services.imports.importer import Imports

        return Imports(
            self._catalogue,
            self._lake,
            self._batch_engine,
            self.rulesets,
            self.validation,
            self.journal,
            self.settings.zone,
            recover=self.maintenance.recover,
            compact=self.maintenance.compact_if_needed,
            unpacking=self._unpacking,
            sources=self.sources,
        )

    @lazy
    def sources(self) -> Sources:
        from faxcloud.services.imports.sources import Sources

        return Sources(self.settings.sources_folder)

    @lazy
    def import_jobs(self) -> ImportJobs:
        from faxcloud.services.imports.jobs import ImportJobs

        return ImportJobs(self.settings, self.recover, lambda: self.imports)

    @lazy
    def archives(self) -> Archives:
        from faxcloud.services.imports.archives import Archives

        return Archives(self.uploads, self._unpacking, self.journal)

    @lazy
    def _unpacking(self) -> Unpacking:
        from faxcloud.store.reading import Unpacking

        return Unpacking(self.settings.unpack_ratio, self.settings.unpack_limit_bytes)

    @lazy
    def uploads(self) -> Uploads:
        from faxcloud.services.imports.uploads import Uploads

        return Uploads(self.settings.uploads_folder)

    @lazy
    def reports(self) -> Reports:
        from faxcloud.services.imports.reports import Reports

        return Reports(self._catalogue, self._lake, self.journal)

    @lazy
    def maintenance(self) -> Maintenance:
        from faxcloud.services.maintenance.store_maintenance import Maintenance

        return Maintenance(self._catalogue, self._lake, self._batch_engine, self.validation, self.journal)

    @lazy
    def encryption_keys(self) -> EncryptionKeys:
        from faxcloud.services.maintenance.encryption_keys import EncryptionKeys

        return EncryptionKeys(self._catalogue, self.journal)

    @lazy
    def backups(self) -> Backups:
        from faxcloud.services.backups.backup import Backups

        return Backups(self.settings, self._catalogue, self._lake, self.journal)

    @lazy
    def retention(self) -> Retention:
        from faxcloud.services.privacy.retention import Retention

        return Retention(
            self._catalogue, self._lake, self.reports, self.journal, self.audit, self.settings.zone
        )

    @lazy
    def housekeeping(self) -> Housekeeping:
        from faxcloud.services.maintenance.housekeeping import Housekeeping

        return Housekeeping(self._catalogue, self.retention, self.uploads, self.maintenance.recover)

    @lazy
    def privacy(self) -> Privacy:
        from faxcloud.services.exports.writer import Exports
        from faxcloud.services.privacy.erasure import Privacy

        return Privacy(
            self.settings,
            self._catalogue,
            self._lake,
            self.journal,
            Exports(self._pseudonymised, self.journal, self._scope, self.rulesets.labels),
            recover=self.maintenance.recover,
            clear_caches=self._forget,
        )

    @lazy
    def audit(self) -> Audit:
        from faxcloud.services.monitoring.audit import Audit

        return Audit(self._catalogue, self._trail, self.journal, self.settings.zone)
