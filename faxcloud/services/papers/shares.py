"""Shared links: create, list, revoke, and open by anybody who holds the link.

A token has 192 random bits and only its SHA-256 is stored: it cannot be guessed, and a reader of the
catalogue learns no link. The figures are computed when the link is opened, within what its creator could see
at its creation. A link ends at its date, when it is revoked, and with its creator: a key that was revoked or
has expired, an account that may share no more. Unknown, ended and out of reach give the same answer.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from faxcloud.config import Settings
from faxcloud.domain.filters import PERSONAL, Filters
from faxcloud.domain.masking import NAMES, Names
from faxcloud.errors import ReportNotFound, ShareGone, ShareInvalid, ShareNotFound
from faxcloud.i18n import LANGUAGES, N_, Language
from faxcloud.services.access.accounts import role_of
from faxcloud.services.access.key_checks import ENVIRONMENT
from faxcloud.services.actors import Actor, acting, current_actor, nobody
from faxcloud.services.journal import Journal, Note
from faxcloud.services.papers.paper import Paper, Papers
from faxcloud.services.scoping import IN_FULL, Scope
from faxcloud.store.catalogue.connection import Catalogue, Connection
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.keyfiles import secret_of
from faxcloud.store.records.keys import account_roles, find_key
from faxcloud.store.records.shares import (
    ShareRecord,
    count_opening,
    find_share,
    find_share_by_hash,
    insert_share,
    list_shares,
    revoke_share,
)

View = Literal["page", "pdf", "xlsx"]

LIFETIMES_DAYS = (1, 7, 30, 90)
LONGEST_TITLE = 120
TOKEN_BYTES = 24

_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewShare:
    """New link, shown once.

    Attributes:
        path: Path below the server's own address; it holds the token.
    """

    share_id: str
    token: str
    path: str
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Share:
    """Opened link.

    Attributes:
        title: Title by its creator; '' for none.
        masked: Numbers are masked, e-mail addresses and rejected records left out.
        names: Masking level of user names.
        actor: Actor that collects its report: sees no more than the creator did.
    """

    share_id: str
    title: str
    language: Language
    masked: bool
    names: Names
    filters: Filters
    expires_at: dt.datetime
    actor: Actor


class Shares:
    """Shared links of an installation."""

    def __init__(self, catalogue: Catalogue, journal: Journal, settings: Settings, papers: Papers) -> None:
        self._catalogue = catalogue
        self._journal = journal
        self._settings = settings
        self._papers = papers
        self._scope = Scope(catalogue)

    def create(
        self,
        filters: Filters,
        *,
        title: str = "",
        language: str = "en",
        days: int = 7,
        masked: bool = True,
        names: Names = "hidden",
    ) -> NewShare:
        """Create a link; the result is the only time that it can be read.

        Args:
            filters: Shown selection: an import, a period. Neither a search nor a user.
            days: One of `LIFETIMES_DAYS`.

        Raises:
            ShareInvalid: an invalid selection, title or lifetime.
            ReportNotFound: there is no such import, or the actor may not see it.
            NotAllowed: the actor may not share.
        """
        actor = current_actor()
        actor.require("shares.change")
        if not masked:
            actor.require(IN_FULL)
        _check(filters, title, language, days, names)
        if filters.report is not None:
            self._scope.require(filters.report)
        token, now = secrets.token_urlsafe(TOKEN_BYTES), utc_now()
        share = ShareRecord(
            share_id=secrets.token_hex(6),
            token_hash=_hash(token),
            definition={
                "filters": filters.to_params(),
                "title": title.strip(),
                "language": language,
                "masked": masked,
                "names": names,
                "reports": actor.reports,
                "contracts": actor.contracts,
                "mark": self._environment_mark() if _is_environment(actor.name) else None,
            },
            created_at=now,
            created_by=actor.name,
            expires_at=now + dt.timedelta(days=days),
        )
        details = {
            "days": days,
            "masked": masked,
            "names": names,
            "language": language,
            "filters": filters.to_params(),
        }
        with self._catalogue.write() as conn:
            insert_share(conn, share)
            self._journal.record(conn, Note("share.create", f"share:{share.share_id}", details=details))
        return NewShare(share.share_id, token, f"/shared/{token}", share.expires_at)

    def list(self) -> list[dict[str, Any]]:
        """Links of the actor, for an administrator of everybody, newest first; `is_live`: it still opens."""
        actor = current_actor()
        actor.require("shares.read")
        now = utc_now()
        with self._catalogue.read() as conn:
            found = list_shares(conn, None if _sees_all(actor) else actor.name)
            return [_row(share) | {"is_live": self._is_live(conn, share, now)} for share in found]

    def revoke(self, share_id: str) -> None:
        """Revoke a link for good, at once.

        Raises:
            ShareNotFound: the actor has made none of that id (an administrator: nobody has).
            NotAllowed: the actor may not share.
        """
        actor = current_actor()
        actor.require("shares.change")
        with self._catalogue.write() as conn:
            share = find_share(conn, share_id)
            if share is None or not (_sees_all(actor) or share.created_by == actor.name):
                raise ShareNotFound(share_id=share_id[:40])
            revoke_share(conn, share_id, utc_now())
            self._journal.record(conn, Note("share.revoke", f"share:{share_id}"))

    def look(self, token: str, address: str = "") -> Share:
        """Look up a link without counting an opening.

        Raises:
            ShareGone: the link is unknown, expired or revoked, or its creator is gone.
        """
        with self._catalogue.read() as conn:
            return self._opened(conn, token, address)

    def open(self, token: str, address: str = "", view: View = "page") -> Share:
        """Open a link: audited, and the opening of its page counted.

        Raises:
            ShareGone: as `look`.
        """
        self.look(token, address)  # what a stranger guesses must not make writers wait
        with self._catalogue.write() as conn:
            share = self._opened(conn, token, address)
            if view == "page":
                count_opening(conn, share.share_id, utc_now())
            with acting(share.actor):
                note = Note("share.open", f"share:{share.share_id}", details={"view": view})
                self._journal.record(conn, note)
        return share

    def note_refusal(self, address: str) -> None:
        """Audit a request with an invalid link, without the link itself."""
        with acting(nobody(address)):
            self._journal.write(Note("share.open", outcome="refused"))

    def paper(self, share: Share) -> Paper:
        """Report of a link, as of now.

        Raises:
            ShareGone: its import was deleted, or is under another contract now.
        """
        with acting(share.actor):
            try:
                return self._papers.of(
                    share.filters, masked=share.masked, names=share.names, title=share.title
                )
            except ReportNotFound:
                raise ShareGone from None

    def _opened(self, conn: Connection, token: str, address: str) -> Share:
        record = find_share_by_hash(conn, _hash(token)) if _TOKEN.fullmatch(token) else None
        if record is None or not self._is_live(conn, record, utc_now()):
            raise ShareGone
        told = record.definition
        return Share(
            share_id=record.share_id,
            title=told["title"],
            language=told["language"],
            masked=told["masked"],
            names=_names_of(told),
            filters=Filters.from_params(told["filters"]),
            expires_at=record.expires_at,
            actor=Actor(
                f"share:{record.share_id}",
                "viewer" if told["masked"] else "analyst",
                address,
                _names(told["reports"]),
                _names(told["contracts"]),
                names=_names_of(told),
            ),
        )

    def _is_live(self, conn: Connection, share: ShareRecord, now: dt.datetime) -> bool:
        if share.revoked_at is not None or share.expires_at <= now:
            return False
        kind, _, name = share.created_by.partition(":")
        if _is_environment(share.created_by):
            mark = self._environment_mark()
            return mark is not None and hmac.compare_digest(mark, share.definition["mark"] or "")
        if kind == "key":
            key = find_key(conn, name)
            return key is not None and key.is_usable(now)
        if kind == "user":
            role = role_of(name, account_roles(conn))
            return role is not None and Actor(share.created_by, role).may("shares.change")
        return True  # the local user, the command line: nobody can take their place away

    def _environment_mark(self) -> str | None:
        """Fingerprint of FAXCLOUD_ADMIN_KEY, without revealing it; None while there is none."""
        key = self._settings.admin_key
        if key is None:
            return None
        secret = secret_of(self._settings.keys_folder, "shares")
        return hmac.new(secret, key.get_secret_value().encode(), hashlib.sha256).hexdigest()[:16]


def _is_environment(name: str) -> bool:
    return name == f"key:{ENVIRONMENT}"


def _sees_all(actor: Actor) -> bool:
    return actor.may("keys.read")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _names(given: list[str] | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(given)


def _names_of(definition: Mapping[str, Any]) -> Names:
    """What a link shows of user names; hidden for links that were made before they said so."""
    names: Names = definition.get("names", "hidden")
    return names


def _check(filters: Filters, title: str, language: str, days: int, names: str) -> None:
    personal = sorted(name for name in PERSONAL if getattr(filters, name) is not None)
    if personal:
        raise ShareInvalid(name="filters", value=", ".join(personal), expected=N_("an import or a period"))
    if len(title) > LONGEST_TITLE or not title.isprintable():
        expected = N_("at most {limit} printable characters")
        raise ShareInvalid(name="title", value=title[:LONGEST_TITLE], expected=expected, limit=LONGEST_TITLE)
    if language not in LANGUAGES:
        raise ShareInvalid(name="language", value=str(language)[:20], expected=", ".join(LANGUAGES))
    if names not in NAMES:
        raise ShareInvalid(name="names", value=str(names)[:20], expected=", ".join(NAMES))
    if days not in LIFETIMES_DAYS:
        raise ShareInvalid(name="days", value=str(days)[:20], expected=", ".join(map(str, LIFETIMES_DAYS)))


def _row(share: ShareRecord) -> dict[str, Any]:
    told: Mapping[str, Any] = share.definition
    return {
        "share_id": share.share_id,
        "title": told["title"],
        "filters": dict(told["filters"]),
        "language": told["language"],
        "masked": told["masked"],
        "names": _names_of(told),
        "created_at": share.created_at,
        "created_by": share.created_by,
        "expires_at": share.expires_at,
        "revoked_at": share.revoked_at,
        "last_opened_at": share.last_opened_at,
        "opened": share.opened,
    }
