"""Cache commands against a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from faxcloud.domain.filters import Filters
from faxcloud.services.monitoring.server_identity import published
from tests.cli.conftest import Faxcloud
from tests.live_server import serving
from tests.watched import Watched, client_of, watched

KEY = "admin-key-1234"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Watched]:
    with watched(tmp_path / "served", admin_key=KEY) as opened:
        opened.questions.summaries.summary(Filters())
        yield opened


@pytest.fixture
def url(opened: Watched) -> Iterator[str]:
    with client_of(opened) as client:
        yield str(client.base_url)


def test_the_cache_of_a_running_server_is_shown(faxcloud: Faxcloud, url: str) -> None:
    found = faxcloud("cache", "stats", "--url", url, "--key", KEY, "--json").document
    assert (found["hits"], found["misses"], found["cache_size"]) == (0, 2, 2)
    shown = faxcloud("cache", "stats", "--url", url, "--key", KEY)
    assert shown.code == 0
    assert "Misses" in shown.out


def test_it_is_cleared_with_the_key_of_the_environment(
    faxcloud: Faxcloud, url: str, opened: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAXCLOUD_ADMIN_KEY", KEY)
    monkeypatch.setenv("FAXCLOUD_HOME", str(opened.settings.home))
    assert faxcloud("cache", "clear").code == 1, "its address was not published"
    with published(opened.settings, url):
        assert faxcloud("cache", "stats", "--json").document["cache_size"] == 2
    assert faxcloud("cache", "clear", "--url", url, "--json").document == {"cleared": 2}
    assert opened.cache.stats().entries == 0
    assert faxcloud("cache", "clear", "--url", url).out == "0 cached results were removed.\n"


def test_a_refusal_is_told_with_what_to_do(faxcloud: Faxcloud, url: str) -> None:
    refused = faxcloud("cache", "clear", "--url", url)
    assert refused.code == 1
    assert "refused" in refused.err
    assert "--key" in refused.err


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "no address", "http://[", "ftp://127.0.0.1"])
def test_no_server_is_told_in_one_line(faxcloud: Faxcloud, url: str) -> None:
    away = faxcloud("cache", "stats", "--url", url)
    assert (away.code, away.out) == (1, "")
    assert "No FaxCloud server answers" in away.err


def test_the_key_of_the_environment_goes_to_the_server_of_the_store_alone(
    faxcloud: Faxcloud, url: str, opened: Watched, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a program that listens where the server did, nor one that passes the challenge on, sees it."""
    seen: list[bytes] = []

    async def impostor(_scope, _receive, send) -> None:
        seen.extend(value for _, value in _scope["headers"])
        challenge = dict(_scope["headers"]).get(b"x-faxcloud-challenge", b"")
        async with httpx.AsyncClient() as client:
            passed_on = await client.get(
                f"{url}/api/v3/health", headers={"X-FaxCloud-Challenge": challenge.decode()}
            )
        headers = [(b"x-faxcloud-proof", passed_on.headers["x-faxcloud-proof"].encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    monkeypatch.setenv("FAXCLOUD_ADMIN_KEY", KEY)
    assert "does not prove" in faxcloud("cache", "stats", "--url", url).err, "the server of another store"
    monkeypatch.setenv("FAXCLOUD_HOME", str(opened.settings.home))
    with serving(impostor) as other, published(opened.settings, other):
        for chosen in ((), ("--url", other)):
            refused = faxcloud("cache", "stats", *chosen)
            assert (refused.code, "does not prove" in refused.err) == (1, True)
    assert seen
    assert KEY.encode() not in seen


def test_another_server_is_none(faxcloud: Faxcloud) -> None:
    async def other(_scope, _receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"<html>"})

    with serving(other) as url:
        away = faxcloud("cache", "stats", "--url", url, "--key", KEY)
    assert away.code == 1
    assert "No FaxCloud server answers" in away.err
