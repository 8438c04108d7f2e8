"""Apprise sender: one message through a channel, to a vetted address."""

from __future__ import annotations

import functools
import logging
import re
import threading
import warnings
from typing import Any, Literal
from urllib.parse import urlsplit

from faxcloud.errors import ChannelInvalid, DestinationRefused
from faxcloud.i18n import N_
from faxcloud.services.connections import admitted_only
from faxcloud.services.webhooks.destinations import NOT_PUBLIC, UNKNOWN, Destinations
from faxcloud.store.catalogue.encrypted_columns import UNREADABLE

Tone = Literal["failure", "success", "info"]

LONGEST_URL = 2_000
TIMEOUT_S = 10.0

LOCAL = frozenset(("syslog", "windows", "dbus", "kde", "qt", "glib", "gnome", "macosx", "blink1"))
"""Apprise services that notify this machine itself, where nobody would notice."""

ANSWERED = "answered "
"""Prefix of an answer's HTTP status in a stored error."""

NOT_TAKEN = N_("the message was not accepted, or there was no answer")

FILES = ("keyfile", "subfile", "pgp_key")
"""Beside templates, what of an address Apprise may read from a file of this machine."""

_STATUS = re.compile(r"error=(\d{3})\b")


class AppriseSender:
    """Sends messages through Apprise; threads may share it.

    The host in a channel's address is vetted before each message, as for webhooks, and no redirect is
    followed. A service may build its host from other parts of the address, and Apprise resolves names itself:
    so each address that it connects to is vetted as well, whatever the service.
    """

    def __init__(self, destinations: Destinations) -> None:
        self._destinations = destinations

    def check(self, url: str) -> None:
        """Check that messages can be sent to an address; a name that cannot be resolved now passes.

        Raises:
            ChannelInvalid: Apprise does not know it.
            DestinationRefused: it leads to a private network.
        """
        self._vetted(url, may_be_unknown=True)

    def send(self, url: str, title: str, body: str, tone: Tone) -> str | None:
        """Send a message once; None when it was accepted, otherwise the reason.

        The reason is in English and without a secret.
        """
        if not url:  # it could not be decrypted
            return str(UNREADABLE)
        try:
            plugin = self._vetted(url)
        except (ChannelInvalid, DestinationRefused) as refused:
            return str(refused.values["reason"])  # without its host: whoever sees alerts reads it
        messages = _apprise().Apprise()
        messages.add(plugin)
        with _Listening() as heard, admitted_only(self._destinations.admits) as refused_any:
            # It is text: some services are told in HTML or Markdown, where its lines would run together.
            taken = messages.notify(title=title, body=body, notify_type=tone, body_format="text")
            was_refused = refused_any()
        if was_refused:
            return str(NOT_PUBLIC)
        return None if taken else heard.reason()

    def _vetted(self, url: str, *, may_be_unknown: bool = False) -> Any:
        plugin = _plugin(url)
        for target in _targets(plugin):
            try:
                self._destinations.vet(target)
            except DestinationRefused as refused:
                if not (may_be_unknown and refused.values["reason"] == UNKNOWN):
                    raise
        return plugin


@functools.cache
def _apprise() -> Any:
    """The module, with its hundred services loaded; late, since only what sends needs them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of modules that it uses where Python has them
        import apprise

        apprise.Apprise.instantiate("json://localhost")
    # It quotes addresses that it cannot read, and what stands in them may be a secret.
    logging.getLogger("apprise").propagate = False
    logging.getLogger("apprise").addHandler(logging.NullHandler())
    return apprise


def _plugin(url: str) -> Any:
    """Apprise's own object for an address, with our limits.

    Raises:
        ChannelInvalid: it is none, one of this machine, or has something read from a file or fetched.
    """
    schema = url.partition("://")[0].lower()
    if len(url) > LONGEST_URL or schema in LOCAL:
        raise ChannelInvalid(reason=N_("its address is too long, or is this machine itself"))
    apprise = _apprise()
    asset = apprise.AppriseAsset(async_mode=False)
    # With one it would leave this thread, which `_Listening` listens to; older releases have none.
    asset._service_timeout = 0.0  # noqa: SLF001
    plugin: Any = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if plugin is None or _reads_files(plugin, apprise.AppriseAttachment):
        raise ChannelInvalid(reason=N_("its address cannot be read"))
    plugin.redirects = False
    plugin.discovery = False  # of Matrix: its host may name another one, at which nobody has looked
    plugin.retry = 0
    plugin.socket_connect_timeout = plugin.socket_read_timeout = TIMEOUT_S
    return plugin


def _reads_files(plugin: Any, attachment: type) -> bool:
    """Whether Apprise would send a file of this machine, or download one from any address."""
    kept = vars(plugin)
    # One without any file is false.
    files = [value for value in kept.values() if isinstance(value, attachment) and value]
    return bool(files) or any(kept.get(name) for name in FILES)


def _targets(plugin: Any) -> list[str]:
    """URLs of the hosts that a message goes to; none where the service itself decides."""
    if relays := getattr(plugin, "relays", None):  # of Nostr, which has no host but these
        return [f"https://{urlsplit(relay).netloc}" for relay in relays]
    if "host" not in plugin.template_tokens or getattr(plugin, "mode", None) == "cloud":
        return []
    return [_target(plugin)]


def _target(plugin: Any) -> str:
    mail_host = getattr(plugin, "smtp_host", None)
    if mail_host:
        return f"https://{mail_host}"  # its port is mail's own, which a webhook's may not be
    port = f":{plugin.port}" if plugin.port else ""
    host = f"[{plugin.host}]" if ":" in plugin.host and not plugin.host.startswith("[") else plugin.host
    return f"https://{host}{port}"


class _Listening(logging.Handler):
    """Captures what Apprise logs in this thread: its return value says no more than that something failed."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self._heard: list[str] = []

    def __enter__(self) -> _Listening:
        logging.getLogger("apprise").addHandler(self)
        return self

    def __exit__(self, *_error: object) -> None:
        logging.getLogger("apprise").removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self._heard.append(record.getMessage())

    def reason(self) -> str:
        """A status where one was answered; Apprise's own words may hold parts of the address."""
        for line in self._heard:
            if found := _STATUS.search(line):
                return f"{ANSWERED}{found[1]}"
        return NOT_TAKEN
