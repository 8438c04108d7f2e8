"""What a page that is being left still asks: not passed on.

The browser counts itself on the old page until the server has begun with the new one. What a timer of the old
page asks in between would have Streamlit, once the new page is drawn, answer for the old one, and the browser
clear what it shows: the visitor is left with an empty page. Or, where the script has not begun, the visitor
would be back on the old page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

SOCKET = "/_stcore/stream"


class PageTurns:
    """Pure ASGI, for the pages' web socket."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" or not scope["path"].endswith(SOCKET):
            await self._app(scope, receive, send)
            return
        turn = Turn()

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


class Turn:
    """Which page one visitor is on, by the hashes that Streamlit gives its pages."""

    def __init__(self) -> None:
        self._page = ""  # unknown
        self._frame = ""  # what a client that reads no navigation takes for its page: no browser does
        self._is_awaited = False  # the browser has asked for it, the server has not begun with it

    def takes(self, data: bytes) -> bool:
        """Whether what the browser sends is for the page that it is on, or turns to another one."""
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
        from streamlit.proto.BackMsg_pb2 import BackMsg

        try:
            asked = BackMsg.FromString(data)
        except DecodeError:
            return True  # Streamlit's to refuse
        if asked.WhichOneof("type") != "rerun_script":
            return True
        page = asked.rerun_script.page_script_hash
        if asked.rerun_script.fragment_id:
            return page in ("", self._page, self._frame) or not self._page
        if page and page != self._page:
            self._page, self._is_awaited = page, True
        return True

    def see(self, data: bytes) -> None:
        """What the server sends: a script may turn to another page by itself."""
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        told = ForwardMsg.FromString(data)
        kind = told.WhichOneof("type")
        if kind == "new_session":
            page, self._frame = told.new_session.page_script_hash, told.new_session.main_script_hash
        elif kind == "navigation":  # of a page that was asked for by name, the script finds out which it is
            page = told.navigation.page_script_hash
        else:
            return
        if page == self._page:
            self._is_awaited = False
        elif not self._is_awaited:  # else it is the old page's, and on its way since before
            self._page = page
