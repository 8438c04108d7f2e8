"""Address and identity of the server that runs over a store, for the command line.

The server writes its address into `HOME/server.json`. A client that sends a random challenge with its health
request gets a proof: an HMAC with the secret `HOME/keys/server`. The port is part of it, so that a program on
another port gains nothing by forwarding the challenge.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from faxcloud.store.durability import replacing
from faxcloud.store.keyfiles import secret_of

if TYPE_CHECKING:
    from faxcloud.config import Settings

CHALLENGE, PROOF = "X-FaxCloud-Challenge", "X-FaxCloud-Proof"
HEALTH = "/api/v3/health"
ANSWER_S = 6.0
"""A server whose checks hang says so within five seconds."""

log = logging.getLogger(__name__)

_FILE, _SECRET = "server.json", "server"
_LONGEST_CHALLENGE = 100


@contextmanager
def published(settings: Settings, url: str) -> Iterator[None]:
    """Publish this server's address in the store's folder while the block runs; the newest server counts."""
    path = settings.home / _FILE
    content = json.dumps({"url": url, "pid": os.getpid()})
    try:
        secret_of(settings.keys_folder, _SECRET)
        with replacing(path, durable=False, private=True) as part:
            part.write_text(content, "utf-8")
    except OSError as error:  # a store that can be read only: the server answers all the same
        log.warning("The server's address was not written into %s: %s", path, error)
    try:
        yield
    finally:
        with suppress(OSError):
            if path.read_text("utf-8") == content:
                path.unlink()


def published_url(settings: Settings) -> str | None:
    """Published address of the store's server; None where none has started, or it has shut down properly."""
    try:
        url = json.loads((settings.home / _FILE).read_text("utf-8"))["url"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return url if isinstance(url, str) else None


def proof_of(settings: Settings, challenge: str, port: int) -> str:
    """Proof that only a server over this store, on this port, can compute."""
    message = f"{challenge[:_LONGEST_CHALLENGE]} {port}"
    return hmac.new(secret_of(settings.keys_folder, _SECRET), message.encode(), hashlib.sha256).hexdigest()


def is_proven(settings: Settings, url: str) -> bool:
    """Whether the server at `url` proves that it runs over this store; the request carries no key."""
    import httpx  # late: a tenth of a second that no other command needs

    if not (settings.keys_folder / _SECRET).exists():
        return False
    challenge = secrets.token_hex(16)
    try:
        port = urlsplit(url).port or (443 if url.startswith("https") else 80)
        answer = httpx.get(url + HEALTH, headers={CHALLENGE: challenge}, timeout=ANSWER_S, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError):
        return False
    return hmac.compare_digest(
        answer.headers.get(PROOF, "").encode(), proof_of(settings, challenge, port).encode()
    )
