"""Drop stale fragment reruns while the browser changes pages.

The browser stays on the old page until the server has started the script of the new one. A timer of the old
page may request a rerun in between. Streamlit would then run the old page's fragment once the new page is
drawn, and the browser would clear the page: the visitor sees a blank page. If the script of the new page has
not started yet, the visitor would be back on the old page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

SOCKET = "/_stcore/stream"


class StaleReruns:
    """ASGI middleware for the pages' web socket that drops stale reruns."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" or not scope["path"].endswith(SOCKET):
            await self._app(scope, receive, send)
            return
        turn = CurrentPage()

        async def receive_for_the_page() -> Message:
            while True:
                message = await receive()
                data = message.get("bytes")
                if message["type"] != "websocket.receive" or data is None or turn.takes(data):
                    return message

        async def send_seen(message: Message) -> None:
            if message["type"] == "websocket.send" and (data := message.get("bytes")) is not None:
                turn.see(data)
            await send(message)

        await self._app(scope, receive_for_the_page, send_seen)


class CurrentPage:
    """Current page of one visitor, by the hashes that Streamlit gives its pages."""

    def __init__(self) -> None:
        self._page = ""  # unknown
        self._frame = ""  # page hash of a client that ignores navigation messages; no browser does
        self._is_awaited = False  # requested by the browser, not yet started by the server

    def takes(self, data: bytes) -> bool:
        """Whether a browser message is for the current page, or changes to another one."""
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
        from streamlit.proto.BackMsg_pb2 import BackMsg

        try:
            asked = BackMsg.FromString(data)
        except DecodeError:
            return True  # left to Streamlit to refuse
        if asked.WhichOneof("type") != "rerun_script":
            return True
        page = asked.rerun_script.page_script_hash
        if asked.rerun_script.fragment_id:
            return page in ("", self._page, self._frame) or not self._page
        if page and page != self._page:
            self._page, self._is_awaited = page, True
        return True

    def see(self, data: bytes) -> None:
        """Note a page change in a server message: a script may change pages by itself."""
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        told = ForwardMsg.FromString(data)
        kind = told.WhichOneof("type")
        if kind == "new_session":
            page, self._frame = told.new_session.page_script_hash, told.new_session.main_script_hash
        elif kind == "navigation":  # resolves a page that was requested by name
            page = told.navigation.page_script_hash
        else:
            return
        if page == self._page:
            self._is_awaited = False
        elif not self._is_awaited:  # otherwise a message of the old page, sent before the change
            self._page = page
