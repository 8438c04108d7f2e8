"""All services, for the faces."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from faxcloud.config import Settings
from faxcloud.store.disk_reserve import spend_reserve
from faxcloud.wiring.data import DataServices
from faxcloud.wiring.lazy import lazy

if TYPE_CHECKING:
    from faxcloud.services.access.accounts import Accounts
    from faxcloud.services.access.idempotency import Idempotency
    from faxcloud.services.access.keys import Keys
    from faxcloud.services.access.limits import Limits
    from faxcloud.services.access.sessions import Sessions
    from faxcloud.services.alerts.apprise_sender import AppriseSender
    from faxcloud.services.alerts.channels import Channels
    from faxcloud.services.alerts.notifications import Notices
    from faxcloud.services.alerts.rules import Alerts
    from faxcloud.services.mailings.scheduled import Mailings
    from faxcloud.services.monitoring.cache_admin import CacheAdmin
    from faxcloud.services.monitoring.health import Health
    from faxcloud.services.monitoring.server_metrics import Metrics
    from faxcloud.services.monitoring.status import Status
    from faxcloud.services.monitoring.traffic import Traffic
    from faxcloud.services.papers.paper import Papers
    from faxcloud.services.papers.shares import Shares
    from faxcloud.services.views.preferences import Preferences
    from faxcloud.services.views.saved import Views
    from faxcloud.services.webhooks.deliveries import Deliverer
    from faxcloud.services.webhooks.destinations import Destinations
    from faxcloud.services.webhooks.endpoints import Webhooks


class Services(DataServices):
    """All services; `build` makes them."""

    def close(self) -> None:
        """Close the databases and stop imports that still run in processes of their own."""
        with contextlib.ExitStack() as last_first:
            last_first.callback(super().close)
            for service in self.built("health", "import_jobs"):
                last_first.callback(service.close)

    @lazy
    def keys(self) -> Keys:
        from faxcloud.services.access.keys import Keys

        return Keys(self._catalogue, self.settings, self.journal)

    @lazy
    def accounts(self) -> Accounts:
        from faxcloud.services.access.accounts import Accounts

        return Accounts(self._catalogue, self.keys, self.journal)

    @lazy
    def sessions(self) -> Sessions:
        from faxcloud.services.access.sessions import Sessions

        return Sessions(self.keys, self.settings, self._catalogue, self.journal)

    @lazy
    def limits(self) -> Limits:
        from faxcloud.services.access.limits import Limits

        return Limits(self.settings)

    @lazy
    def idempotency(self) -> Idempotency:
        from faxcloud.services.access.idempotency import Idempotency

        return Idempotency(self._catalogue)

    @lazy
    def papers(self) -> Papers:
        from faxcloud.services.papers.paper import Papers

        return Papers(
            self.summaries,
            self.reports,
            self.rulesets,
            self._catalogue,
            self.journal,
            self.targets.target_rate,
            self.settings.viewer_names,
        )

    @lazy
    def shares(self) -> Shares:
        from faxcloud.services.papers.shares import Shares

        return Shares(self._catalogue, self.journal, self.settings, self.papers)

    @lazy
    def mailings(self) -> Mailings:
        from faxcloud.services.mailings.scheduled import Mailings

        return Mailings(self.settings, self._catalogue, self.journal, self.keys, self.accounts, self.papers)

    @lazy
    def preferences(self) -> Preferences:
        from faxcloud.services.views.preferences import Preferences

        return Preferences(self._catalogue, self.journal)

    @lazy
    def views(self) -> Views:
        from faxcloud.services.views.saved import Views

        return Views(self._catalogue, self.journal, self._scope, self.preferences)

    @lazy
    def _destinations(self) -> Destinations:
        from faxcloud.services.webhooks.destinations import Destinations

        return Destinations(self.settings.allowed_webhook_networks)

    @lazy
    def webhooks(self) -> Webhooks:
        from faxcloud.services.webhooks.endpoints import Webhooks

        return Webhooks(self._catalogue, self.journal, self._destinations, self.deliverer)

    @lazy
    def deliverer(self) -> Deliverer:
        from faxcloud.services.webhooks.deliveries import Deliverer

        return Deliverer(self._catalogue, self.journal, self._destinations)

    @lazy
    def _sender(self) -> AppriseSender:
        from faxcloud.services.alerts.apprise_sender import AppriseSender

        return AppriseSender(self._destinations)

    @lazy
    def notices(self) -> Notices:
        from faxcloud.services.alerts.notifications import Notices

        return Notices(self._catalogue, self._sender, self.settings.public_url)

    @lazy
    def channels(self) -> Channels:
        from faxcloud.services.alerts.channels import Channels

        return Channels(self._catalogue, self.journal, self._sender, self.settings.public_url)

    @lazy
    def alerts(self) -> Alerts:
        from faxcloud.services.alerts.rules import Alerts

        return Alerts(
            self._catalogue,
            self.journal,
            self.summaries,
            self.settings.zone,
            on_queued=self.notices.worker.wake,
        )

    @lazy
    def status(self) -> Status:
        from faxcloud.services.monitoring.status import Status

        return Status(self.settings, self._lake, self.summaries, self.reports, self.rulesets)

    @lazy
    def cache_admin(self) -> CacheAdmin:
        from faxcloud.services.monitoring.cache_admin import CacheAdmin

        return CacheAdmin(self._cache, self.journal)

    @lazy
    def traffic(self) -> Traffic:
        from faxcloud.services.monitoring.traffic import Traffic

        return Traffic()

    @lazy
    def metrics(self) -> Metrics:
        from faxcloud.services.monitoring.server_metrics import Metrics

        return Metrics(
            self._catalogue,
            self._lake,
            self._cache,
            self.limits,
            self.traffic,
            (self._engine, self._batch_engine),
            self.deliverer.stats,
        )

    @lazy
    def health(self) -> Health:
        from faxcloud.services.monitoring.checks import Checks
        from faxcloud.services.monitoring.health import Health

        return Health(self._catalogue, Checks(self.settings, self._catalogue, self._lake, self._cache))


def build(settings: Settings, *, to_delete: bool = False) -> Services:
    """Open the store and repair what a crashed process left unfinished. The services are built on first use.

    Args:
        to_delete: The caller is about to delete: on a full disk the disk reserve is freed for that.

    Raises:
        LakeUnavailable, CatalogueUnavailable, StoreTooNew: the store cannot be opened.
        LakeMissing: the catalogue lists reports, but the lake is missing; none is created.
    """
    if to_delete:
        spend_reserve(settings.home)
    services = Services(settings)
    services.recover()
    return services
