"""Notification channels of alerts: mail, SMS, Teams, Slack and whatever Apprise supports."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from faxcloud.domain.alerts import LONGEST_NAME
from faxcloud.domain.filter_values import CONTROL
from faxcloud.errors import ChannelInvalid
from faxcloud.i18n import LANGUAGES, N_, Language, translator
from faxcloud.services.actors import current_actor
from faxcloud.services.alerts.apprise_sender import AppriseSender
from faxcloud.services.journal import Journal, Note
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.records import channels as records
from faxcloud.store.records.channels import Channel

MOST_CHANNELS = 50

_SHOWN_HOST = frozenset(
    ("json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos", "gotify", "gotifys")
)
"""Services whose URL host is a host; of other services it may be a token."""

_AUTHORITY = re.compile(
    r"^[a-z0-9]+://(?:[^/?#]*@)?(?P<host>[a-zA-Z0-9.\-_]+|\[[0-9a-fA-F:.]+\])(?P<port>:\d+)?"
)


class Channels:
    """Service for channels; all but `names` takes the permission `channels.change`."""

    def __init__(
        self, catalogue: Catalogue, journal: Journal, sender: AppriseSender, public_url: str | None
    ) -> None:
        self._catalogue = catalogue
        self._journal = journal
        self._sender = sender
        self._public_url = public_url

    def add(self, name: str, url: str, language: Language) -> str:
        """Add a channel by its Apprise URL; returns its id.

        Raises:
            ChannelInvalid: the name is taken, or Apprise does not know the address.
            DestinationRefused: it leads to a private network that the administrator has not named.
        """
        current_actor().require("channels.change")
        name, url = name.strip(), url.strip()
        if not name or len(name) > LONGEST_NAME or CONTROL.search(name):
            raise ChannelInvalid(reason=N_("it needs a name of at most 100 characters"))
        if language not in LANGUAGES:
            raise ChannelInvalid(reason=N_("its language is not one of FaxCloud's"))
        self._sender.check(url)
        with self._catalogue.write() as conn:
            known = records.list_channels(conn)
            if any(channel.name == name for channel in known):
                raise ChannelInvalid(reason=N_("another channel has that name"))
            if len(known) >= MOST_CHANNELS:
                raise ChannelInvalid(reason=N_("there are too many already"))
            by = current_actor().name
            channel_id = records.add_channel(
                conn, name=name, url=url, language=language, by=by, now=utc_now()
            )
            # The service alone: the rest of the address may be a secret.
            details = {"service": _service(url), "language": language}
            self._journal.record(conn, Note("channel.add", f"channel:{channel_id}", details=details))
        return channel_id

    def list(self) -> list[dict[str, Any]]:
        """All channels by name, with the address without its secrets."""
        current_actor().require("channels.change")
        with self._catalogue.read() as conn:
            return [_described(channel) for channel in records.list_channels(conn)]

    def names(self) -> Sequence[str]:
        """Names of all channels, for authors of rules."""
        current_actor().require("alerts.change")
        with self._catalogue.read() as conn:
            return [channel.name for channel in records.list_channels(conn)]

    def delete(self, channel_id: str) -> None:
        """Delete a channel; rules that name it keep its name.

        Raises:
            ChannelNotFound: there is none of that id.
        """
        current_actor().require("channels.change")
        with self._catalogue.write() as conn:
            records.delete_channel(conn, channel_id)
            self._journal.record(conn, Note("channel.delete", f"channel:{channel_id}"))

    def test(self, channel_id: str) -> str | None:
        """Send a test message now, once; None when it was accepted, otherwise the reason (English).

        Raises:
            ChannelNotFound: there is none of that id.
        """
        current_actor().require("channels.change")
        with self._catalogue.read() as conn:
            channel = records.get_channel(conn, channel_id)
        t = translator(channel.language)
        body = t("This is a test of the channel “{name}”. Alerts will arrive here.", name=channel.name)
        lines = [body, *([f"{self._public_url}/alerts"] if self._public_url else [])]
        error = self._sender.send(channel.url, t("FaxCloud: test"), "\n".join(lines), "info")
        note = Note("channel.test", f"channel:{channel_id}", "failed" if error else "done")
        self._journal.write(note)
        return error


def _described(channel: Channel) -> dict[str, Any]:
    kept = ("channel_id", "name", "language", "created_at", "created_by")
    return {name: getattr(channel, name) for name in kept} | {"address": _address(channel.url)}


def _service(url: str) -> str:
    return url.partition("://")[0].lower()[:20]


def _address(url: str) -> str:
    """Part of an address that identifies a channel and is not secret."""
    if not url:  # it could not be decrypted
        return "…"
    service = _service(url)
    found = _AUTHORITY.match(url)
    if service not in _SHOWN_HOST or found is None:
        return f"{service}://…"
    return f"{service}://{found['host']}{found['port'] or ''}/…"
