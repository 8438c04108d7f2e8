"""WebSocket stream on a real server: messages, receivers, end of the connection."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from faxcloud.api.routes import stream
from faxcloud.services.journal import Event, Note
from faxcloud.services.sample.export import write_sample
from tests.api.listening import Listening, listening, next_message


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Listening]:
    with listening(tmp_path / "store") as found:
        yield found


def tell(server: Listening, report_id: str | None = None, **data: Any) -> None:
    server.services.journal.write(Note("alert.raise"), Event("alert", data, report_id))


def test_the_numbers_come_first(server: Listening) -> None:
    with server.stream() as client:
        message = next_message(client)
    assert message["type"] == "stats"
    assert dt.datetime.fromisoformat(message["timestamp"]).tzinfo == dt.UTC
    assert message["data"]["total"] == 0
    assert message["data"]["compliance_rate"] is None
    assert message["data"]["data_version"] == server.services.summaries.version()


def test_an_import_is_pushed_with_the_new_numbers(server: Listening, tmp_path: Path) -> None:
    path = write_sample(tmp_path / "export.csv", 50).path
    with server.stream() as client:
        assert next_message(client)["data"]["total"] == 0
        report_id = server.services.imports.import_file(path).report_id
        told: dict[str, Any] = {}
        while told.keys() != {"stats", "upload_complete"} or told["stats"]["data"]["total"] == 0:
            message = next_message(client)
            told[message["type"]] = message
    assert told["upload_complete"]["data"]["report_id"] == report_id
    assert told["stats"]["data"]["total"] == 50


def test_every_client_gets_all_events_in_order(server: Listening) -> None:
    with server.stream() as first, server.stream() as second:
        for client in (first, second):
            next_message(client)
        for n in range(5):
            tell(server, n=n)
        for client in (first, second):
            messages = [next_message(client) for _ in range(5)]
            assert [message["data"]["n"] for message in messages] == [0, 1, 2, 3, 4]
            assert {message["type"] for message in messages} == {"alert"}
            assert all(message["event_id"].startswith("evt_") for message in messages)


def test_what_happened_before_a_client_came_is_not_pushed(server: Listening) -> None:
    tell(server, n=0)
    with server.stream() as client:
        next_message(client)
        tell(server, n=1)
        assert next_message(client)["data"] == {"n": 1}
    tell(server, n=2)
    with server.stream() as client:
        next_message(client)
        tell(server, n=3)
        assert next_message(client)["data"] == {"n": 3}


def test_a_scoped_key_gets_events_of_its_reports_alone(server: Listening, tmp_path: Path) -> None:
    paths = [write_sample(tmp_path / f"{rows}.csv", rows).path for rows in (40, 60)]
    mine, other = (server.services.imports.import_file(path).report_id for path in paths)
    key, admin = server.key("viewer", reports=[mine]), server.key("admin")
    with server.stream(key) as client, server.stream(admin) as all_seeing:
        assert next_message(client)["data"]["total"] == 40
        assert next_message(all_seeing)["data"]["total"] == 100
        for report_id in (other, None, mine):
            tell(server, report_id, about=report_id)
        assert next_message(client)["data"] == {"about": mine}
        assert [next_message(all_seeing)["data"]["about"] for _ in range(3)] == [other, None, mine]


def test_without_a_key_no_event_is_sent(server: Listening) -> None:
    server.key("admin")
    for key in (None, "fc_0_wrong"):
        with pytest.raises(InvalidStatus) as refused, server.stream(key):
            pytest.fail("let in")
        assert refused.value.response.status_code in (401, 403)


def test_a_revoked_key_ends_the_stream(server: Listening) -> None:
    key = server.key("viewer")
    server.key("admin")
    with server.stream(key) as client:
        next_message(client)
        [key_id] = [row["key_id"] for row in server.services.keys.list() if row["role"] == "viewer"]
        server.services.keys.revoke(key_id)
        with pytest.raises(ConnectionClosed) as ended:
            client.recv(timeout=30)
        assert ended.value.rcvd is not None
        assert ended.value.rcvd.code == stream.AGAIN
        with pytest.raises(InvalidStatus), server.stream(key):
            pytest.fail("let in")


def test_the_store_is_polled_only_while_clients_are_connected(server: Listening) -> None:
    with server.stream() as client:
        next_message(client)
        assert server.api.state.hub.clients == 1
        assert server.api.state.hub.is_polling
    hub = server.api.state.hub
    with server.stream() as client:  # the hub goes on with whoever comes next
        next_message(client)
        assert hub.clients == 1
        tell(server, n=1)
        assert next_message(client)["data"] == {"n": 1}


def test_what_a_client_says_means_nothing(server: Listening) -> None:
    with server.stream() as client:
        next_message(client)
        client.send("{" * 1_000)
        client.send(b"\x00\xff")
        tell(server, n=1)
        assert next_message(client)["data"] == {"n": 1}


def test_a_client_that_does_not_read_is_dropped_and_the_others_get_events(
    server: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SEND_WITHIN_S", 0.5)
    with server.stream(max_queue=1, compression=None) as slow, server.stream(compression=None) as quick:
        next_message(quick)
        told = 0
        while server.api.state.hub.clients == 2 and told < 500:
            for _ in range(20):  # soon more than the buffers of the system and of both ends hold
                tell(server, n=told, padding="x" * 500_000)
                told += 1
            assert [next_message(quick)["data"]["n"] for _ in range(20)] == [*range(told - 20, told)]
        assert server.api.state.hub.clients == 1
        slow.close_socket()
        tell(server, n=-1)
        assert next_message(quick)["data"] == {"n": -1}


def test_too_many_clients_are_sent_away(server: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_CLIENTS", 1)
    with server.stream() as client:
        next_message(client)
        with server.stream() as another, pytest.raises(ConnectionClosed) as ended:
            another.recv(timeout=30)
        assert ended.value.rcvd is not None
        assert ended.value.rcvd.code == stream.TOO_MANY


def test_a_quiet_stream_is_kept_open_by_pings(server: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PING_EVERY_S", 0.05)
    with server.stream() as client:
        next_message(client)
        assert next_message(client)["type"] == "ping"


def test_a_stream_ends_after_its_time(server: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LONGEST_S", 0.05)
    with server.stream() as client:
        next_message(client)
        with pytest.raises(ConnectionClosed) as ended:
            client.recv(timeout=30)
        assert ended.value.rcvd is not None
        assert ended.value.rcvd.code == stream.AGAIN
