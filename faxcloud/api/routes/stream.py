"""WebSocket stream: `/v3/stream`, statistics and events pushed as they happen.

Each message is one JSON object: `{"type", "timestamp", "data"}`, with an `event_id` where it is an event. The
first is of the type `stats`; another follows whenever faxes were added, judged anew or deleted.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Hashable
from typing import Annotated, Any, Protocol

from anyio import to_thread
from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.services import Faxcloud
from faxcloud.errors import FaxCloudError
from faxcloud.services.actors import Actor
from faxcloud.services.analytics.live_feed import EventFeed, News, Position, ping

log = logging.getLogger(__name__)

router = APIRouter(tags=["stream"])

Reader = Annotated[Actor, requires("stream.read")]

LOOK_EVERY_S = 0.5
PING_EVERY_S = 30.0
SEND_WITHIN_S = 10.0
MOST_CLIENTS = 500
MOST_WAITING = 100
"""Maximum of queued messages per client; a slower client is disconnected and may reconnect."""

LONGEST_S = 3600.0
"""Maximum duration of a connection: the client then reconnects with its key, which may have expired."""

AGAIN = 1012  # "service restart": clients connect again by themselves
TOO_SLOW = 1008
TOO_MANY = 1013


class Hub:
    """Clients of one server, and the one task that polls the store for them while there are any.

    Used on the event loop alone; what reads the store runs in a thread.
    """

    def __init__(self, feed: EventFeed, look_every_s: float = LOOK_EVERY_S) -> None:
        self._feed = feed
        self._look_every_s = look_every_s
        self._clients: set[Client] = set()
        self._looking: asyncio.Task[None] | None = None
        self._position: Position | None = None

    @property
    def clients(self) -> int:
        """Number of connected clients."""
        return len(self._clients)

    @property
    def is_polling(self) -> bool:
        """Whether the polling task is running."""
        return self._looking is not None and not self._looking.done()

    async def join(self, client: Client) -> None:
        """Add a client: it gets the statistics now, and all later events."""
        # Add the client before the query: events in between are queued behind the statistics, not lost.
        self._clients.add(client)
        now = await to_thread.run_sync(self._feed.position)
        if self._position is None:
            self._position = now
        client.begin(now.sequence, await to_thread.run_sync(self._feed.stats, client.actor))
        if not self.is_polling:
            self._looking = asyncio.create_task(self._poll())

    def leave(self, client: Client) -> None:
        """Remove a client."""
        self._clients.discard(client)

    async def _poll(self) -> None:
        while self._clients:
            await asyncio.sleep(self._look_every_s)
            try:
                await self._poll_once()
            except FaxCloudError as error:  # the store is unavailable for a moment; waiting loses no event
                log.warning("the stream waits: %s", error.message)
        self._position = None

    async def _poll_once(self) -> None:
        before = self._position
        if before is None:
            return
        now, events = await to_thread.run_sync(self._feed.after, before)
        if now.keys != before.keys:
            for client in self._clients:
                client.end(AGAIN)
        elif events or now.lake != before.lake:
            asking = {_sees(client.actor): client.actor for client in self._clients}
            visible_events = {
                sees: await to_thread.run_sync(self._visible, actor, events, now.lake != before.lake)
                for sees, actor in asking.items()
            }
            for client in self._clients:
                for message in visible_events.get(_sees(client.actor), ()):
                    client.put(*message)
        self._position = now

    def _visible(self, actor: Actor, events: News, lake_moved: bool) -> list[tuple[str, int | None]]:
        messages: list[tuple[str, int | None]] = [*self._feed.visible_events(actor, events)]
        return [*messages, (self._feed.stats(actor), None)] if lake_moved else messages


def _sees(actor: Actor) -> Hashable:
    """Key of the data that an actor may see; actors with the same key get the same messages."""
    return actor.reports, actor.contracts


class Client:
    """WebSocket connection: its queue of messages, and whether it is to end."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self._first = ""
        self._since = 0
        self._waiting: asyncio.Queue[tuple[str, int | None]] = asyncio.Queue()
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def begin(self, sequence: int, first: str) -> None:
        """Set the first message; events up to this sequence precede it and are skipped."""
        self._since, self._first = sequence, first

    def put(self, message: str, sequence: int | None) -> None:
        """Queue a message, with the sequence of an event; a client that is too far behind is disconnected."""
        if self._waiting.qsize() >= MOST_WAITING:
            self.end(TOO_SLOW)
        else:
            self._waiting.put_nowait((message, sequence))

    def end(self, code: int) -> None:
        """Close the connection with this code; the first call counts."""
        if not self._ended.done():
            self._ended.set_result(code)

    async def serve(self, websocket: WebSocket) -> int | None:
        """Serve the connection until it ends.

        Returns the close code; None when the client has disconnected.
        """
        tasks = [asyncio.create_task(self._send(websocket)), asyncio.create_task(_until_gone(websocket))]
        ends: list[asyncio.Future[Any]] = [*tasks, self._ended]
        try:
            await asyncio.wait(ends, timeout=LONGEST_S, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done() and (error := task.exception()) is not None:
                    raise error
            if any(task.done() for task in tasks):
                return None
            return self._ended.result() if self._ended.done() else AGAIN
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, websocket: WebSocket) -> None:
        """Send queued messages; returns when the client has disconnected or no longer reads."""
        with contextlib.suppress(WebSocketDisconnect, TimeoutError, RuntimeError):
            await asyncio.wait_for(websocket.send_text(self._first), SEND_WITHIN_S)
            while True:
                try:
                    message, sequence = await asyncio.wait_for(self._waiting.get(), PING_EVERY_S)
                except TimeoutError:
                    message, sequence = ping(), None
                if sequence is None or sequence > self._since:
                    await asyncio.wait_for(websocket.send_text(message), SEND_WITHIN_S)


async def _until_gone(websocket: WebSocket) -> None:
    # Messages of clients are read only to notice that they disconnect, and are ignored.
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


class _Feeding(Protocol):
    @property
    def feed(self) -> EventFeed: ...


def hub_of(websocket: WebSocket, services: _Feeding) -> Hub:
    """Hub of an application, created when the first client connects."""
    state = websocket.app.state
    if not hasattr(state, "hub"):
        state.hub = Hub(services.feed)
    hub: Hub = state.hub
    return hub


@router.websocket("/v3/stream")
async def stream(websocket: WebSocket, faxcloud: Faxcloud, actor: Reader) -> None:
    """Statistics and events as they happen."""
    hub = hub_of(websocket, faxcloud)
    await websocket.accept()
    if hub.clients >= MOST_CLIENTS:
        await websocket.close(TOO_MANY)
        return
    client = Client(actor)
    try:
        await hub.join(client)
        code: int | None = await client.serve(websocket)
    except FaxCloudError as error:
        log.warning("a stream ended: %s", error.message)
        code = AGAIN
    finally:
        hub.leave(client)
    if code is not None and websocket.application_state is WebSocketState.CONNECTED:
        with contextlib.suppress(RuntimeError):  # the client has disconnected meanwhile
            await websocket.close(code)
