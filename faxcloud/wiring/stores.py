"""Opened stores of one process, with their readers and writers."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from faxcloud.config import Settings
from faxcloud.errors import CatalogueDamaged, LakeMissing, LakeUnavailable
from faxcloud.i18n import N_
from faxcloud.store.backups.switch import finish, places_of
from faxcloud.store.catalogue.connection import Catalogue, open_catalogue
from faxcloud.store.encryption import Encryption
from faxcloud.store.in_use import StoreLock, share_store
from faxcloud.store.lake.table import NO_TABLE, Lake
from faxcloud.store.permissions import restrict
from faxcloud.wiring.lazy import Lazy, lazy

if TYPE_CHECKING:
    from faxcloud.services.journal import Journal
    from faxcloud.services.scoping import Scope
    from faxcloud.store.audit.chain import AuditTrail
    from faxcloud.store.cache.cache import Cache
    from faxcloud.store.queries.engine import Engine
    from faxcloud.store.queries.faxes import FaxReader
    from faxcloud.store.queries.pseudonymised import PseudonymisedReader
    from faxcloud.store.queries.usage import UsageReader

BATCH_SECONDS = 4 * 3600.0
"""Timeout for re-validation, which may take long; queries of pages may not."""


class Stores(Lazy):
    """Catalogue and lake, opened at once; database engines, cache and readers, opened on first use."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self._lock = _lock(settings)
        try:
            self._catalogue, self._lake = _open(settings)
        except BaseException:
            self._lock.close()
            raise

    def close(self) -> None:
        """Close what was opened."""
        with contextlib.ExitStack() as last_first:  # one that fails to close keeps none of the others open
            for opened in (self._lock, self._catalogue, *self.built("_engine", "_batch_engine", "_cache")):
                last_first.callback(opened.close)

    def _forget(self) -> None:
        """Clear what the readers cache."""
        for reader in self.built("_faxes", "_stored", "_pseudonymised"):
            reader.forget()

    @lazy
    def _engine(self) -> Engine:
        from faxcloud.store.queries.engine import open_engine

        return open_engine(
            self._lake.folder, self.settings.memory_limit, keeps_order=False, damage=self._lake.damage
        )

    @lazy
    def _batch_engine(self) -> Engine:
        from faxcloud.store.queries.engine import open_engine

        return open_engine(
            self._lake.folder, self.settings.memory_limit, seconds=BATCH_SECONDS, damage=self._lake.damage
        )

    @lazy
    def _cache(self) -> Cache:
        from faxcloud.store.cache.cache import open_cache

        # Servers of one store share answers in a Redis; two stores that share a Redis do not.
        redis_url = self.settings.redis_url.get_secret_value() if self.settings.redis_url else None
        return open_cache(redis_url, self.settings.lake_uri, self.settings.cache_seconds)

    @lazy
    def _faxes(self) -> FaxReader:
        from faxcloud.store.queries.faxes import FaxReader

        return FaxReader(self._lake, self._engine, self._cache)

    @lazy
    def _stored(self) -> FaxReader:
        from faxcloud.store.queries.faxes import FaxReader

        return FaxReader(self._lake, self._batch_engine, self._cache)  # in the order of storage

    @lazy
    def _pseudonymised(self) -> PseudonymisedReader:
        from faxcloud.store.queries.pseudonymised import PseudonymisedReader

        return PseudonymisedReader(self._lake, self._batch_engine, self._cache, self.settings.keys_folder)

    @lazy
    def _usage(self) -> UsageReader:
        from faxcloud.store.queries.usage import UsageReader

        return UsageReader(self._engine, self._cache)

    @lazy
    def _trail(self) -> AuditTrail:
        from faxcloud.store.audit.chain import AuditTrail

        return AuditTrail(self.settings.keys_folder, self.settings.logs_folder)

    @lazy
    def journal(self) -> Journal:
        from faxcloud.services.journal import Journal

        return Journal(self._catalogue, self._trail)

    @lazy
    def _scope(self) -> Scope:
        from faxcloud.services.scoping import Scope

        return Scope(self._catalogue)


def _lock(settings: Settings) -> StoreLock:
    """Share the store, after completing a restore that was killed."""
    if not settings.lake_is_local:
        raise LakeUnavailable(lake=settings.lake_uri, reason=N_("only a local folder is supported"))
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise LakeUnavailable(lake=str(settings.home), reason=str(error)) from error
    places = places_of(settings.lake_uri, settings.catalogue_url, settings.rulesets_folder)
    return share_store(settings.home, lambda: None if places is None else finish(places))


def _open(settings: Settings) -> tuple[Catalogue, Lake]:
    catalogue = open_catalogue(settings.catalogue_url, Encryption(settings.keys_folder))
    lake = Lake(Path(settings.lake_uri.removeprefix("file://")))
    files = [Path(f"{catalogue.file}{suffix}") for suffix in ("", "-wal", "-shm") if catalogue.file]
    restrict(lake.folder, settings.keys_folder, settings.logs_folder, settings.uploads_folder, *files)
    try:
        _require_both(catalogue, lake)
    except BaseException:
        catalogue.close()
        raise
    return catalogue, lake


def _require_both(catalogue: Catalogue, lake: Lake) -> None:
    """Require catalogue and lake together: one without the other is not a new store."""
    if lake.version() == NO_TABLE:
        if catalogue.has_imports:
            raise LakeMissing(lake=str(lake.folder))
    elif catalogue.is_empty and lake.snapshot().rows:
        raise CatalogueDamaged(reason=f"it lists no report, but {lake.folder} has faxes")
