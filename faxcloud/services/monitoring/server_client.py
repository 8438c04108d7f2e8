"""REST client of a running server, for commands."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from faxcloud.errors import ServerAway, ServerRefused, ServerUnproven
from faxcloud.services.monitoring.server_identity import is_proven, published_url

if TYPE_CHECKING:
    from faxcloud.config import Settings

ANSWER_S = 30.0


class Server:
    """Server at `url`; on this machine it needs no key as long as none was created."""

    def __init__(self, url: str, key: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._headers = {} if key is None else {"X-API-Key": key}

    def cache_stats(self) -> dict[str, Any]:
        """Cache statistics of the server; raises as `clear_cache` does."""
        return self._ask("GET", "/api/admin/cache")

    def clear_cache(self) -> dict[str, Any]:
        """Clear the server's cache; `cleared` is the number of entries.

        Raises:
            ServerAway: nothing answers there, or not FaxCloud.
            ServerRefused: the key is missing, wrong or not an administrator's.
        """
        return self._ask("DELETE", "/api/admin/cache")

    def _ask(self, method: str, path: str) -> dict[str, Any]:
        import httpx  # late: a tenth of a second that no other command needs

        try:
            # A redirect would carry the key to wherever it points.
            answer = httpx.request(
                method, self._url + path, headers=self._headers, timeout=ANSWER_S, follow_redirects=False
            )
            document = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise ServerAway(url=self._url) from error
        if answer.status_code == HTTPStatus.OK and isinstance(document, dict):
            return document
        if not isinstance(document, dict) or "code" not in document:
            raise ServerAway(url=self._url)
        raise ServerRefused(url=self._url, reason=str(document.get("detail", answer.status_code)))


def server_of(settings: Settings, url: str | None, key: str | None) -> Server:
    """Server to talk to, and the key to send.

    Args:
        url: Its address; None for the server that runs over the store.
        key: An explicit key is sent to the explicit address. FAXCLOUD_ADMIN_KEY is sent
            only to a server that proves that it runs over the store, or to an explicit https address.

    Raises:
        ServerAway: no server runs over the store.
        ServerUnproven: a key would be sent to a server without proof.
    """
    given = None if settings.admin_key is None else settings.admin_key.get_secret_value()
    found = url or published_url(settings)
    if found is None:
        raise ServerAway(url=str(settings.home))
    is_chosen = url is not None and (key is not None or given is None or found.startswith("https://"))
    if not is_chosen and not is_proven(settings, found.rstrip("/")):
        raise ServerUnproven(url=found, home=str(settings.home))
    return Server(found, key or given)
