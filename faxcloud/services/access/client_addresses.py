"""Client address of a request: the peer's address, or the one that a trusted proxy reports."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from faxcloud.config import Network


def is_loopback(address: str) -> bool:
    """Whether an address is a loopback address of this machine; False for a text that is not an address."""
    found = _parsed(address)
    return found is not None and found.is_loopback


def is_literal(host: str) -> bool:
    """Whether a host is an IP address rather than a name; IPv6 with or without brackets."""
    return _parsed(host.strip("[]")) is not None


def client_address(peer: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> str:
    """Client address behind the peer.

    Args:
        forwarded: The addresses of X-Forwarded-For, in order. The client itself may have written the first
            of them, so the last one that is not a trusted proxy counts, and none from any other peer.
    """
    address = peer
    for previous in reversed(forwarded):
        if not is_within(address, proxies) or _parsed(previous) is None:
            break
        address = previous
    found = _parsed(address)
    return address if found is None else str(found)


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Whether an address is in one of the networks; False for a text that is not an address."""
    found = _parsed(address)
    return found is not None and any(
        found in network for network in networks if network.version == found.version
    )


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:  # a name, or nonsense
        return None
    mapped = getattr(found, "ipv4_mapped", None)  # ::ffff:127.0.0.1, on a socket that speaks both
    return mapped or found
