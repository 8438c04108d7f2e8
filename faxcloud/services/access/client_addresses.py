"""Where a request comes from: its network address, and behind a proxy that is named the one it reports."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from faxcloud.config import Network


def is_loopback(address: str) -> bool:
    """Whether it is this machine's own; a text that is no address is not."""
    found = _parsed(address)
    return found is not None and found.is_loopback


def is_literal(host: str) -> bool:
    """Whether a host is an address rather than a name; IPv6 with or without brackets."""
    return _parsed(host.strip("[]")) is not None


def client_address(peer: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> str:
    """The client behind the peer.

    Args:
        forwarded: The addresses of X-Forwarded-For, in order. The client itself may have written the first
            of them, so the last one that is no proxy of ours is believed, and none from any other peer.
    """
    address = peer
    for previous in reversed(forwarded):
        if not is_within(address, proxies) or _parsed(previous) is None:
            break
        address = previous
    found = _parsed(address)
    return address if found is None else str(found)


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Whether an address is in one of the networks; a text that is no address is not."""
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
