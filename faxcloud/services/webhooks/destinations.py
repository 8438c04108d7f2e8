"""Webhook destinations and SSRF protection: the public internet, and private networks that are allowed.

A webhook's URL may be chosen by somebody who cannot reach this machine's network, while the message is sent
from within it. So neither the URL nor the name server is trusted: every address that a name resolves to is
checked, and the connection is made to a checked address, not to the name again.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faxcloud.config import Network
from faxcloud.errors import DestinationRefused
from faxcloud.i18n import N_

if TYPE_CHECKING:
    from httpx import URL

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Iterable[Any]]
"""`socket.getaddrinfo` of a host and a port, or what stands in for it."""

LONGEST_URL = 2_000

# Read differently by different programs, and never needed.
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
# Underscores stand in no name of the internet, but in those of private networks.
_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*"
)
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")
# Global by their prefix, but they lead to an IPv4 address within, or nowhere.
_WRAPPED_V6 = tuple(
    ipaddress.ip_network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "64:ff9b::/96", "64:ff9b:1::/48")
)
# Relays of 6to4; protocol assignments, of which some versions of Python count a part as global.
_ODD_V4 = tuple(ipaddress.ip_network(network) for network in ("192.88.99.0/24", "192.0.0.0/24"))
_PORTS = {"https": 443, "http": 80}
_FREE_PORTS = range(1024, 65536)  # below are mail, SSH, name servers
_NOT_QUOTED = "…"

NO_URL = N_("the URL cannot be read")
NOT_HTTP = N_("the URL begins with neither https:// nor http://")
CREDENTIALS = N_("the URL holds a user name or a password")
BAD_PORT = N_("its port belongs to another service")
NUMERIC = N_("its name is a number written in an unusual way")
UNKNOWN = N_("its name cannot be resolved")
NOT_PUBLIC = N_("it has an address that is not public")


@dataclass(frozen=True, slots=True)
class Destination:
    """URL that may be sent to now.

    Attributes:
        host: Host name as in certificates.
        addresses: All addresses of the name; each of them may be connected to.
    """

    url: URL
    host: str
    addresses: tuple[str, ...]


class Destinations:
    """Decides where webhooks may go.

    Args:
        allowed: Networks that are not public and may be sent to nevertheless.
        resolve: Called once for each decision.
    """

    def __init__(self, allowed: tuple[Network, ...] = (), resolve: Resolve = socket.getaddrinfo) -> None:
        self._allowed = allowed
        self._resolve = resolve

    def vet(self, text: str) -> Destination:
        """Check a URL: parse it, resolve its name, and check every address of it.

        Raises:
            DestinationRefused: it may not be sent to, or its name cannot be resolved now.
        """
        url = _parsed(text)
        host = url.raw_host.decode("ascii")
        addresses = self._addresses(host, url.port or _PORTS[url.scheme])
        if not all(self._admits(address) for address in addresses):
            raise DestinationRefused(host=host, reason=NOT_PUBLIC)
        return Destination(url, host, tuple(str(address) for address in addresses))

    def admit(self, text: str) -> tuple[str, str]:
        """Check a URL for later, like `vet`, but accept a name that cannot be resolved now.

        Returns URL and host.

        Every message is vetted again when it is sent.

        Raises:
            DestinationRefused: it may not be sent to.
        """
        try:
            destination = self.vet(text)
        except DestinationRefused as refused:
            if refused.values["reason"] != UNKNOWN:
                raise
            url = _parsed(text)
            return str(url), url.raw_host.decode("ascii")
        return str(destination.url), destination.host

    def admits(self, host: str, port: int) -> bool:
        """Whether every address of a host may be connected to; False for an unknown name."""
        try:
            return all(self._admits(address) for address in self._addresses(host, port))
        except DestinationRefused:
            return False

    def _admits(self, address: Address) -> bool:
        return self._is_named(address) or is_public(address)

    def _addresses(self, host: str, port: int) -> list[Address]:
        literal = _literal(host)
        if literal is not None:
            return [literal]
        try:
            answers = list(self._resolve(host, port))
            texts = dict.fromkeys(str(answer[4][0]) for answer in answers)  # one per kind of socket: the same
            found = [ipaddress.ip_address(text) for text in texts]
        except (OSError, ValueError) as error:  # UnicodeError among them, for a label that is too long
            raise DestinationRefused(host=host, reason=UNKNOWN) from error
        if not found:
            raise DestinationRefused(host=host, reason=UNKNOWN)
        return found

    def _is_named(self, address: Address) -> bool:
        if address.is_multicast or address.is_unspecified:
            return False
        return any(address.version == network.version and address in network for network in self._allowed)


def is_public(address: Address) -> bool:
    """Whether an address is a public unicast address of the internet.

    >>> is_public(ipaddress.ip_address("8.8.8.8")), is_public(ipaddress.ip_address("10.0.0.1"))
    (True, False)
    """
    if isinstance(address, ipaddress.IPv6Address):
        return address in _GLOBAL_V6 and not any(address in network for network in _WRAPPED_V6)
    odd = address.is_multicast or address.is_reserved or any(address in network for network in _ODD_V4)
    return address.is_global and not odd


def _parsed(text: str) -> URL:
    """Parse a URL with the parser that makes the request.

    A check can be bypassed where two parsers disagree.
    """
    import httpx  # late: commands that send nothing need not wait for it

    try:
        url = httpx.URL(text)
        host = url.raw_host.decode("ascii").lower().rstrip(".")
        literal = _literal(host)
        if len(text) > LONGEST_URL or _ODD.search(text) or url.fragment:
            raise DestinationRefused(host=host or _NOT_QUOTED, reason=NO_URL)
        if url.scheme not in _PORTS:
            raise DestinationRefused(host=host or _NOT_QUOTED, reason=NOT_HTTP)
        if url.userinfo:
            raise DestinationRefused(host=host, reason=CREDENTIALS)
        if literal is None and _NUMBER.fullmatch(host.rpartition(".")[2]):
            # `inet_aton` of most systems reads 0x7f.1 and 2130706433 as 127.0.0.1.
            raise DestinationRefused(host=host, reason=NUMERIC)
        if literal is None and not _NAME.fullmatch(host):
            raise DestinationRefused(host=host or _NOT_QUOTED, reason=NO_URL)
        if url.port not in (None, *_PORTS.values(), *_FREE_PORTS):
            raise DestinationRefused(host=host, reason=BAD_PORT)
        return url.copy_with(host=host)
    except (httpx.InvalidURL, ValueError) as error:
        raise DestinationRefused(host=_NOT_QUOTED, reason=NO_URL) from error


def _literal(host: str) -> Address | None:
    """IP address of a literal host; one with a zone is not part of the internet."""
    try:
        return None if "%" in host else ipaddress.ip_address(host)
    except ValueError:
        return None
