"""Webhook sender over HTTP: signed as Standard Webhooks specify, sent to a checked address."""

from __future__ import annotations

import base64
import datetime as dt
import email.utils
import hashlib
import hmac
import secrets
import ssl
import time
from functools import cached_property
from http import HTTPStatus

from faxcloud import __version__
from faxcloud.errors import DestinationRefused
from faxcloud.services.outbox import Result
from faxcloud.services.webhooks.destinations import Destination, Destinations
from faxcloud.store.catalogue.instants import utc_now

TIMEOUT_S = 5.0
SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with
SECRET_BYTES = 32
LONGEST_ERROR = 300
LONGEST_RETRY_AFTER_S = 86_400.0
BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


def new_secret() -> str:
    """New signing key for `signature`, in the form that libraries of Standard Webhooks use."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def signature(secret: str, message_id: str, timestamp_s: int, body: str) -> str:
    """Signature: `v1,` and the Base64 of HMAC-SHA256 over id, time and body."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp_s}.{body}".encode()
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii")


class Sender:
    """HTTP sender; threads may share it.

    Args:
        destinations: Checked anew before each message, since names move.
        timeout_s: From the first packet to the end of the answer's head, however slowly it trickles in.
    """

    def __init__(self, destinations: Destinations, timeout_s: float = TIMEOUT_S) -> None:
        self._destinations = destinations
        self._timeout_s = timeout_s

    def send(self, url: str, secret: str, message_id: str, body: str, now: dt.datetime) -> Result:
        """Send a message once. Every error is in the result."""
        import asyncio  # late, as httpx: commands that send nothing need not wait for them

        import httpx

        started = time.monotonic()
        status, error, retry_after_s = None, None, None
        try:
            destination = self._destinations.vet(url)
            headers = self._headers(secret, message_id, body, now)
            status, retry_after = asyncio.run(self._post(destination, headers, body.encode()))
            error = _refusal(status)
            if status in BUSY and (asked_s := _seconds(retry_after)) is not None:
                retry_after_s = min(asked_s, LONGEST_RETRY_AFTER_S)
        except DestinationRefused as refused:
            error = refused.message
        except (TimeoutError, httpx.TimeoutException):
            error = f"no answer within {self._timeout_s:g} seconds"
        except (httpx.TransportError, OSError) as broken:
            error = f"the connection failed: {type(broken).__name__} {broken}".strip()
        seconds = time.monotonic() - started
        return Result(seconds, status, error and error[:LONGEST_ERROR], retry_after_s)

    def _headers(self, secret: str, message_id: str, body: str, now: dt.datetime) -> dict[str, str]:
        timestamp_s = int(now.timestamp())
        return {
            "Content-Type": "application/json",
            "User-Agent": f"FaxCloud/{__version__}",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp_s),
            "webhook-signature": signature(secret, message_id, timestamp_s, body),
        }

    async def _post(
        self, destination: Destination, headers: dict[str, str], body: bytes
    ) -> tuple[int, str | None]:
        """Status and Retry-After; of the answer's body nothing is read."""
        import asyncio

        import httpx

        headers = {**headers, "Host": destination.url.netloc.decode("ascii")}
        # Without `trust_env`: a proxy of the environment would resolve the name once more.
        transport = httpx.AsyncHTTPTransport(verify=self._certificates, trust_env=False)
        # One limit for all of it: httpx's own begin anew with every packet. Half of it to connect, so that an
        # address that is dead leaves time for the next.
        timeout = httpx.Timeout(None, connect=self._timeout_s / 2)
        async with (
            asyncio.timeout(self._timeout_s),
            httpx.AsyncClient(transport=transport, trust_env=False, timeout=timeout) as client,
        ):
            for address in destination.addresses:
                try:
                    async with client.stream(
                        "POST",
                        destination.url.copy_with(host=address),
                        content=body,
                        headers=headers,
                        extensions={"sni_hostname": destination.host},
                    ) as response:
                        return response.status_code, response.headers.get("retry-after")
                except (
                    httpx.ConnectError,
                    httpx.ConnectTimeout,
                ):  # nothing was sent: the next address may be better
                    if address == destination.addresses[-1]:
                        raise
        raise DestinationRefused(host=destination.host, reason="no address")

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        import httpx

        return httpx.create_ssl_context()  # with SSL_CERT_FILE, for a certificate authority of the house


def _refusal(status: int) -> str | None:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return f"answered {status}: redirects are not followed"
    return f"answered {status}"


def _seconds(retry_after: str | None) -> float | None:
    """Seconds or a date, as HTTP allows both; None for neither."""
    if retry_after is None:
        return None
    if retry_after.strip().isascii() and retry_after.strip().isdigit():
        return float(retry_after[:9])
    try:
        at = email.utils.parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):  # a year of twenty digits is no reason to send again and again
        return None
    return (at.replace(tzinfo=at.tzinfo or dt.UTC) - utc_now()).total_seconds()
